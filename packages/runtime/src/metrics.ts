/**
 * The metrics endpoint. The engine counts plain numbers; labels are added here, at the time of a scrape and not on
 * the hot path.
 */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Answered } from '@desist/api';
import type {
  Dispatcher,
  PartitionStatus,
  PipelineMetrics,
  SubscriberStore,
  StateReader,
  StoreCounters,
  StoreStatus,
  TrafficReader,
} from '@desist/pipeline';

export interface Metrics {
  /** Duration of one commit, ms. */
  readonly committed: (ms: number) => void;
  /** An HTTP request was answered. */
  readonly answered: (answer: Answered) => void;
  /** `accept`: header of the request. OpenMetrics, unless it asks for the older text format only. */
  render(accept?: string): Promise<{ readonly contentType: string; readonly body: string }>;
}

/** Counts of webhooks, provider topics, followed logs and mailboxes. */
export interface IngestCounts {
  readonly elements: ReadonlyMap<string, { readonly format: string; readonly outcome: string; readonly count: number }>;
  readonly refused: ReadonlyMap<string, number>;
  readonly deadLetters: ReadonlyMap<string, number>;
  readonly lost: number;
}

export interface MetricsOptions {
  readonly pipeline: PipelineMetrics;
  readonly partitions: () => readonly PartitionStatus[];
  /** Calls of the database or the log that failed and were retried. */
  readonly retries?: () => number;
  readonly reader: Pick<StateReader, 'status'>;
  /** Without it the counters beside the status are absent. */
  readonly traffic?: Pick<TrafficReader, 'counters'>;
  readonly version?: string;
  /** ms */
  readonly now?: () => number;
  /** Monotonic clock, ms. */
  readonly monotonic: () => number;
  readonly ingest?: IngestCounts;
  /** HTTP subscribers, and what this process sent them. */
  readonly webhooks?: {
    readonly dispatcher: Pick<Dispatcher, 'counts' | 'drainDurations'>;
    readonly store: Pick<SubscriberStore, 'counts'>;
  };
  /** Number of open incidents, in processes that detect them. */
  readonly openIncidents?: () => number;
  /** Seconds that the database is behind its primary; null: it is no standby. */
  readonly databaseBehind?: () => number | null;
  readonly openSenderIncidents?: () => number;
}

type Subscribed = Awaited<ReturnType<SubscriberStore['counts']>>;

const HOUR = 3_600;
const HOUR_MS = 3_600_000;
const ANY_TEXT = 'text/plain';
/** Minimum time between two queries of the database, however often the metrics are scraped, ms. */
const STATUS_KEPT_FOR = 30_000;

export function createMetrics(options: MetricsOptions): Metrics {
  const {
    pipeline,
    retries,
    partitions,
    reader,
    traffic,
    monotonic,
    ingest,
    openIncidents,
    databaseBehind,
    openSenderIncidents,
    webhooks,
    version = 'unknown',
    now = Date.now,
  } = options;
  const registry = new Registry();
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE as never);
  const registers = [registry];
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[]): Counter<L> =>
    new Counter({ name, help, labelNames: [...labelNames], registers });
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[]): Gauge<L> =>
    new Gauge({ name, help, labelNames: [...labelNames], registers });

  // The OpenMetrics form adds `_total` by itself.
  const events = counter('desist_events', 'Events read, by type', ['type']);
  const verdicts = counter('desist_verdicts', 'Failures classified', ['attribution', 'category', 'provider']);
  const ratio = gauge('desist_deferral_ratio', 'Deferrals as a share of deferrals and deliveries since the start', ['provider']);
  const deliveries = counter('desist_deliveries', 'Deliveries, by provider', ['provider']);
  const deferrals = counter('desist_deferrals', 'Deferrals, by provider', ['provider']);
  const tooOld = counter('desist_rollups_too_old_events', 'Events older than what roll-ups keep: they are in none', []);
  const timeToDelivery = new Histogram({
    name: 'desist_time_to_delivery_seconds',
    help: 'Time from the first deferral of a message to its delivery',
    labelNames: ['provider'],
    buckets: [60, 300, 900, HOUR, 4 * HOUR, 12 * HOUR, 24 * HOUR, 48 * HOUR, 72 * HOUR],
    registers,
  });
  const greylisted = counter('desist_greylisted', 'First attempts deferred and accepted 5 to 15 minutes later', ['provider']);
  const persistent = gauge('desist_persistent_recipients', 'Recipients whose streak is persistent', []);
  const recipients = gauge('desist_recipients', 'Tracked recipients, by state', ['state']);
  const active = gauge('desist_active_suppressions', 'Suppressions that are in force, by reason', ['reason']);
  const atRisk = gauge('desist_at_risk_recipients', 'Recipients that a deadline suppresses within 24 hours if nothing changes', []);
  const shadow = gauge('desist_shadow_recipients', 'Tracked recipients, by which policy suppresses them: both, real, shadow or neither', [
    'suppressed_by',
  ]);
  const allowances = gauge('desist_allowances', 'Allowances that are in force', []);
  const suppressions = counter('desist_suppressions', 'Suppressions decided', ['reason', 'scope']);
  const regretted = counter('desist_regretted_suppressions', 'Suppressions that a delivery has shown to be wrong', ['reason', 'provider']);
  const attempts = counter('desist_suppressed_attempts', 'Attempts at addresses that were suppressed by then', ['reason', 'provider']);
  const lag = gauge('desist_partition_lag_records', 'Records of the partition that are not folded yet', ['partition']);
  const clock = gauge('desist_partition_clock_seconds', 'Partition clock, seconds since the epoch', ['partition']);
  const clockTimestamp = gauge('desist_partition_clock_timestamp_seconds', 'Partition clock, as a Unix time', ['partition']);
  const stopped = gauge('desist_partition_stopped', '1 when the partition is stopped until an operator acts', ['partition']);
  const outdated = gauge('desist_recipients_outdated', 'Recipients that are still folded again after the policy was changed', [
    'partition',
  ]);
  const deadLetters = counter('desist_dead_letters', 'Records that could not be read', ['reason']);
  const backlog = gauge('desist_relay_backlog', 'Changes and dead letters that are not in the log yet', []);
  const parked = gauge('desist_relay_parked', 'Changes and dead letters that the log refuses for good: they are kept in the database', []);
  const ingested = counter('desist_ingested_elements', 'Elements of payloads, by format and outcome', ['format', 'outcome']);
  const refused = counter('desist_webhook_refused', 'Webhook requests refused', ['reason']);
  const lost = counter('desist_provider_records_lost', 'Records of provider topics that retention deleted unread', []);
  const commits = new Histogram({
    name: 'desist_commit_seconds',
    help: 'Duration of a commit',
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers,
  });

  const requests = new Histogram({
    name: 'desist_http_request_duration_seconds',
    help: 'Duration of HTTP requests',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers,
  });
  gauge('desist_build_info', 'Always 1: the version is its label', ['version']).set({ version }, 1);
  gauge('process_start_time_seconds', 'When the process started, as a Unix time', []).set(Date.now() / 1_000 - process.uptime());
  const processor = counter('process_cpu_seconds', 'Processor time of the process', []);
  const memory = gauge('process_resident_memory_bytes', 'Resident memory of the process', []);
  const heap = gauge('process_heap_bytes', 'Heap of JavaScript in use', []);

  const retried = counter('desist_retries', 'Calls of the database or the log that failed and were retried', []);
  const sent = counter('desist_subscriber_requests', 'Requests to HTTP subscribers, by outcome', ['outcome']);
  const sending = new Histogram({
    name: 'desist_subscriber_request_duration_seconds',
    help: 'Duration of requests to HTTP subscribers',
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  });
  const subscribers = gauge('desist_subscribers', 'HTTP subscribers, by state', ['state']);
  const behind =
    databaseBehind === undefined
      ? undefined
      : gauge('desist_database_behind_seconds', 'How far the database is behind its primary: of a service that reads a standby', []);
  const incidents = openIncidents === undefined ? undefined : gauge('desist_open_incidents', 'Open incidents', []);
  const senderIncidents =
    openSenderIncidents === undefined
      ? undefined
      : gauge('desist_open_sender_incidents', 'Open sender incidents: a provider refuses a sender more than usual', []);

  let known:
    | {
        readonly at: number;
        readonly status: StoreStatus;
        readonly counters: StoreCounters | undefined;
        readonly subscribers: Subscribed | undefined;
      }
    | undefined;

  /** Undefined while the database is unavailable. Then the gauges that depend on it are absent. */
  async function stored(): Promise<typeof known> {
    if (known !== undefined && monotonic() - known.at < STATUS_KEPT_FOR) return known;
    try {
      const hour = Math.floor(now() / HOUR_MS) * HOUR_MS;
      const span = { since: hour, until: hour + 25 * HOUR_MS };
      known = {
        at: monotonic(),
        status: await reader.status(),
        counters: await traffic?.counters(span),
        subscribers: await webhooks?.store.counts(),
      };
      return known;
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
      regretted,
      attempts,
      deadLetters,
      ratio,
      deliveries,
      deferrals,
      tooOld,
      processor,
      recipients,
      active,
      atRisk,
      allowances,
      shadow,
      clockTimestamp,
      persistent,
      backlog,
      parked,
      lag,
      clock,
      stopped,
      outdated,
      retried,
      sent,
      subscribers,
    ])
      metric.reset();
    if (ingest !== undefined) collectIngest(ingest);
    if (webhooks !== undefined) collectSent(webhooks.dispatcher);
    retried.inc(retries?.() ?? 0);
    tooOld.inc(pipeline.olderThanRollups());
    collectProcess();
    behind?.set(databaseBehind?.() ?? 0);
    if (openIncidents !== undefined) incidents?.set(openIncidents());
    if (openSenderIncidents !== undefined) senderIncidents?.set(openSenderIncidents());
    for (const [type, count] of pipeline.types) events.inc({ type }, count);
    for (const { attribution, category, provider, count } of pipeline.verdicts.values())
      verdicts.inc({ attribution, category, provider }, count);
    for (const { reason, scope, count } of pipeline.suppressions.values()) suppressions.inc({ reason, scope }, count);
    for (const { reason, provider, count } of pipeline.regretted.values()) regretted.inc({ reason, provider }, count);
    for (const { reason, provider, count } of pipeline.attempts.values()) attempts.inc({ reason, provider }, count);
    for (const [reason, count] of pipeline.deadLetters) deadLetters.inc({ reason }, count);
    for (const [provider, { deferred, delivered }] of pipeline.providers) {
      deliveries.inc({ provider }, delivered);
      deferrals.inc({ provider }, deferred);
      if (deferred + delivered > 0) ratio.set({ provider }, deferred / (deferred + delivered));
    }
    for (const [provider, count] of pipeline.greylistings) greylisted.inc({ provider }, count);
    for (const { provider, seconds } of pipeline.drainWaits()) timeToDelivery.observe({ provider }, seconds);
    for (const one of partitions()) {
      const partition = String(one.partition);
      lag.set({ partition }, Math.max(0, one.highWatermark - one.committed));
      if (Number.isFinite(one.clock)) {
        clock.set({ partition }, one.clock / 1_000);
        clockTimestamp.set({ partition }, one.clock / 1_000);
      }
      stopped.set({ partition }, one.stopped === null ? 0 : 1);
      outdated.set({ partition }, one.outdated);
    }
    const found = await stored();
    if (found === undefined) {
      // Absent, because 0 would be wrong.
      persistent.remove();
      atRisk.remove();
      allowances.remove();
      backlog.remove();
      parked.remove();
      return;
    }
    const { status, counters } = found;
    for (const [state, count] of Object.entries(statesOf(found.subscribers))) subscribers.set({ state }, count);
    for (const [state, count] of Object.entries(status.recipients)) recipients.set({ state }, count);
    for (const { reason, count } of status.suppressions) active.inc({ reason }, count);
    if (counters === undefined) {
      atRisk.remove();
      allowances.remove();
    } else {
      atRisk.set(Math.max(0, counters.atRisk));
      allowances.set(Math.max(0, counters.allowances));
      for (const [kind, number] of Object.entries(counters.shadow ?? {})) shadow.set({ suppressed_by: kind }, number);
    }
    persistent.set(status.recipients.persistent ?? 0);
    backlog.set(status.partitions.reduce((sum, { outbox, deadLetters: letters }) => sum + outbox + letters, 0));
    parked.set(status.partitions.reduce((sum, { parked: refused }) => sum + refused, 0));
  }

  function collectProcess(): void {
    const { user, system } = process.cpuUsage();
    processor.inc((user + system) / 1e6);
    const { rss, heapUsed } = process.memoryUsage();
    memory.set(rss);
    heap.set(heapUsed);
  }

  function collectSent(dispatcher: Pick<Dispatcher, 'counts' | 'drainDurations'>): void {
    const { taken, refused: failed } = dispatcher.counts();
    sent.inc({ outcome: 'delivered' }, taken);
    sent.inc({ outcome: 'failed' }, failed);
    for (const ms of dispatcher.drainDurations()) sending.observe(ms / 1_000);
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
    answered: ({ method, route, status, ms }) => {
      requests.observe({ method, route, status: String(status) }, ms / 1_000);
    },
    async render(accept = '') {
      await collect();
      const body = await registry.metrics();
      const wantsText = accept.includes(ANY_TEXT) && !accept.includes('openmetrics');
      return wantsText
        ? { contentType: Registry.PROMETHEUS_CONTENT_TYPE, body: asText(body) }
        : { contentType: registry.contentType, body };
    },
  };
}

/** Each subscriber in one state: those that fail are active, too. */
function statesOf(counts: Subscribed | undefined): Partial<Subscribed> {
  return counts === undefined ? {} : { ...counts, active: counts.active - counts.failing };
}

/** The Prometheus text format of an OpenMetrics body: there a counter is described under its full name, and nothing marks the end. */
function asText(body: string): string {
  return body
    .replaceAll(/^# HELP (\S+) (.*)\n# TYPE \1 counter$/gmu, '# HELP $1_total $2\n# TYPE $1_total counter')
    .replace(/# EOF\n$/u, '');
}
