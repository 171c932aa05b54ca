/**
 * The metrics of the contract (section 5). The engine counts plain numbers; they are given labels here, when somebody
 * asks, and never on the hot path.
 */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { PartitionStatus, StateReader, StoreStatus, Tally } from '@desist/pipeline';

export interface Metrics {
  /** Duration of one commit, ms. */
  readonly committed: (ms: number) => void;
  render(): Promise<{ readonly contentType: string; readonly body: string }>;
}

/** What came in beside the log, as it is counted where it comes in. */
export interface IngestCounts {
  readonly elements: ReadonlyMap<string, { readonly format: string; readonly outcome: string; readonly count: number }>;
  readonly refused: ReadonlyMap<string, number>;
  readonly deadLetters: ReadonlyMap<string, number>;
  readonly lost: number;
}

export interface MetricsOptions {
  readonly tally: Tally;
  readonly partitions: () => readonly PartitionStatus[];
  readonly reader: Pick<StateReader, 'status'>;
  /** Milliseconds from an arbitrary start. */
  readonly monotonic: () => number;
  readonly ingest?: IngestCounts;
  /** Incidents that go on, where somebody watches for them. */
  readonly openIncidents?: () => number;
}

const HOUR = 3_600;
/** Counting whole tables is for slow intervals. */
const STATUS_KEPT_FOR = 30_000;
/** Label values: enough to see what a rule is missing for. */
const UNMATCHED_SHOWN = 20;

export function createMetrics({ tally, partitions, reader, monotonic, ingest, openIncidents }: MetricsOptions): Metrics {
  const registry = new Registry();
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE as never);
  const registers = [registry];
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[]): Counter<L> =>
    new Counter({ name, help, labelNames: [...labelNames], registers });
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[]): Gauge<L> =>
    new Gauge({ name, help, labelNames: [...labelNames], registers });

  // The OpenMetrics form adds `_total` by itself.
  const events = counter('desist_events', 'Events read, by type', ['type']);
  const verdicts = counter('desist_verdicts', 'Failures judged', ['attribution', 'category', 'provider']);
  const ratio = gauge('desist_deferral_ratio', 'Deferrals among deferrals and deliveries since the start', ['provider']);
  const waits = new Histogram({
    name: 'desist_time_to_delivery_seconds',
    help: 'From the first failure to the delivery of a recipient who had failed',
    labelNames: ['provider'],
    buckets: [60, 300, 900, HOUR, 4 * HOUR, 12 * HOUR, 24 * HOUR, 48 * HOUR, 72 * HOUR],
    registers,
  });
  const unmatched = gauge('desist_unmatched_replies', 'The most frequent wordings that no rule knows', ['text']);
  const greylisted = counter('desist_greylisted', 'First attempts deferred and accepted 5 to 15 minutes later', ['provider']);
  const persistent = gauge('desist_persistent_recipients', 'Recipients whose streak is persistent', []);
  const suppressions = counter('desist_suppressions', 'Suppressions decided', ['reason', 'scope']);
  const lag = gauge('desist_partition_lag_records', 'Records of the partition that are not folded yet', ['partition']);
  const clock = gauge('desist_partition_clock_seconds', 'Partition clock, seconds since the epoch', ['partition']);
  const stopped = gauge('desist_partition_stopped', '1 when the partition stands still until an operator acts', ['partition']);
  const deadLetters = counter('desist_dead_letters', 'Records that could not be read', ['reason']);
  const backlog = gauge('desist_relay_backlog', 'Changes and dead letters that the log does not have yet', []);
  const ingested = counter('desist_ingested_elements', 'Elements of payloads, by format and what became of them', ['format', 'outcome']);
  const refused = counter('desist_webhook_refused', 'Webhook requests refused', ['reason']);
  const lost = counter('desist_provider_records_lost', 'Records of provider topics that retention deleted unread', []);
  const commits = new Histogram({
    name: 'desist_commit_seconds',
    help: 'Duration of a commit',
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers,
  });

  const incidents = openIncidents === undefined ? undefined : gauge('desist_open_incidents', 'Incidents that go on', []);

  let known: { readonly at: number; readonly status: StoreStatus } | undefined;

  /** Undefined while the database is away: then the gauges that rest on it say nothing. */
  async function storeStatus(): Promise<StoreStatus | undefined> {
    if (known !== undefined && monotonic() - known.at < STATUS_KEPT_FOR) return known.status;
    try {
      known = { at: monotonic(), status: await reader.status() };
      return known.status;
    } catch {
      return undefined;
    }
  }

  async function collect(): Promise<void> {
    for (const metric of [
      events,
      greylisted,
      verdicts,
      suppressions,
      deadLetters,
      ratio,
      unmatched,
      persistent,
      backlog,
      lag,
      clock,
      stopped,
    ])
      metric.reset();
    if (ingest !== undefined) collectIngest(ingest);
    if (openIncidents !== undefined) incidents?.set(openIncidents());
    for (const [type, count] of tally.types) events.inc({ type }, count);
    for (const { attribution, category, provider, count } of tally.verdicts.values())
      verdicts.inc({ attribution, category, provider }, count);
    for (const { reason, scope, count } of tally.suppressions.values()) suppressions.inc({ reason, scope }, count);
    for (const [reason, count] of tally.deadLetters) deadLetters.inc({ reason }, count);
    for (const [provider, { deferred, delivered }] of tally.providers) {
      if (deferred + delivered > 0) ratio.set({ provider }, deferred / (deferred + delivered));
    }
    for (const { text, count } of tally.unmatched.top(UNMATCHED_SHOWN)) unmatched.set({ text }, count);
    for (const [provider, count] of tally.greylistings) greylisted.inc({ provider }, count);
    for (const { provider, seconds } of tally.takeWaits()) waits.observe({ provider }, seconds);
    for (const one of partitions()) {
      const partition = String(one.partition);
      lag.set({ partition }, Math.max(0, one.highWatermark - one.committed));
      if (Number.isFinite(one.clock)) clock.set({ partition }, one.clock / 1_000);
      stopped.set({ partition }, one.stopped === null ? 0 : 1);
    }
    const status = await storeStatus();
    if (status === undefined) {
      // Not zero: not known.
      persistent.remove();
      backlog.remove();
      return;
    }
    persistent.set(status.recipients.persistent ?? 0);
    backlog.set(status.partitions.reduce((sum, { outbox, deadLetters: letters }) => sum + outbox + letters, 0));
  }

  function collectIngest(counts: IngestCounts): void {
    for (const metric of [ingested, refused, lost]) metric.reset();
    for (const { format, outcome, count } of counts.elements.values()) ingested.inc({ format, outcome }, count);
    for (const [reason, count] of counts.refused) refused.inc({ reason }, count);
    for (const [reason, count] of counts.deadLetters) deadLetters.inc({ reason }, count);
    lost.inc(counts.lost);
  }

  return {
    committed: (ms) => {
      commits.observe(ms / 1_000);
    },
    async render() {
      await collect();
      return { contentType: registry.contentType, body: await registry.metrics() };
    },
  };
}
