/**
 * Notices incidents in what all partitions counted together, and tells every partition what was decided about them, by itself or by an
 * operator.
 *
 *   incident_count ──> opening, closing ──> incident (the decision) ──> one record in every partition of the log ──> each folds from there on
 *
 * Any process may do this, and several may at once: the database takes a decision once, and telling one twice changes nothing. What a
 * partition decides follows from its log alone, for the decision stands in it.
 */
import { DAY, HOUR, quarterOf } from '@desist/domain';
import type { IncidentNotice, IncidentPolicy } from '@desist/domain';
import type { IncidentStore, LogSink, Logger, OutRecord } from '../ports.ts';
import type { Decided } from './decisions.ts';
import { closedBy, openedBy } from './decisions.ts';

export interface Coordinator {
  /** Looks, decides and tells, once. Answers how many decisions were made or told. */
  tick(): Promise<number>;
  /** Incidents that go on, as of the last tick. */
  open(): number;
}

export interface CoordinatorOptions {
  readonly incidents: IncidentStore;
  readonly sink: LogSink;
  readonly encode: (notice: IncidentNotice) => { readonly key: string; readonly value: string };
  readonly policy: IncidentPolicy;
  /** Of the input topic. */
  readonly partitions: () => number | undefined;
  readonly logger: Logger;
  /** Milliseconds, monotonic. */
  readonly monotonic: () => number;
}

/** Reports that come later than this are looked at now and then only. */
const LATE = 26 * HOUR;
const LATE_EVERY = 60_000;
const PRUNE_EVERY = HOUR;
/** What partitions know of incidents that were over so long ago goes: nobody's evidence reaches back. */
const KNOWN_FOR = 90 * DAY;

export function createCoordinator(options: CoordinatorOptions): Coordinator {
  const { incidents, sink, encode, policy, logger, monotonic } = options;
  let open = 0;
  let lateAt = Number.NEGATIVE_INFINITY;
  let prunedAt = Number.NEGATIVE_INFINITY;

  async function closeSome(now: number): Promise<number> {
    const going = await incidents.open();
    open = going.length;
    if (going.length === 0) return 0;
    const since = Math.min(...going.map(({ terms }) => terms.from));
    const counted = new Map((await incidents.counts(going.map(providerOf), since)).map((one) => [one.provider, one.counts]));
    let closed = 0;
    for (const row of going) {
      // Each decision is told before the next one is made: none of them is passed over.
      if (row.told < row.revision) continue;
      const decided = closedBy(policy, row, counted.get(providerOf(row)) ?? [], now);
      if (decided === undefined || !(await incidents.update({ ...decided, open: false }, row.revision))) continue;
      closed += 1;
      open -= 1;
      logger.warn(countsOf(decided), 'incident closed');
    }
    return closed;
  }

  async function openSome(now: number): Promise<number> {
    const late = monotonic() - lateAt >= LATE_EVERY;
    if (late) lateAt = monotonic();
    const since = quarterOf(now - (late ? Math.max(LATE, policy.baseline) : LATE));
    const { recipients, failingShare: share, baseline } = policy;
    const suspects = await incidents.suspects({ since, recipients, share, baseline });
    if (suspects.length === 0) return 0;
    const ends = await incidents.lastEnds(suspects.map(({ provider }) => provider));
    let opened = 0;
    for (const { provider, counts } of suspects) {
      const end = ends.get(provider);
      if (end === null) continue;
      const decided = openedBy(policy, provider, counts, Math.max(since, end ?? since), now);
      if (decided === undefined) continue;
      if (!(await incidents.insert({ ...decided, origin: 'detected', open: true, told: 0, createdAt: now }))) continue;
      opened += 1;
      open += 1;
      logger.warn(countsOf(decided), 'incident opened: what fails at this provider is held back');
    }
    return opened;
  }

  /** Every partition gets the same record. Several processes may tell it, and one may tell it again: only the first counts. */
  async function tell(): Promise<number> {
    const partitions = options.partitions();
    if (partitions === undefined) return 0;
    const untold = await incidents.untold();
    for (const row of untold) {
      const { key, value } = encode({ ...row, announcedBy: announcerOf(row.id, partitions) });
      const records = Array.from({ length: partitions }, (_, partition): OutRecord => ({ key, value, partition }));
      await sink.append('deliveryEvents', records);
      await incidents.markTold(row.id, row.revision);
    }
    return untold.length;
  }

  return {
    open: () => open,
    async tick() {
      const now = await incidents.clock();
      if (now === null) return tell();
      let decided = await closeSome(now);
      if (policy.detect) decided += await openSome(now);
      if (monotonic() - prunedAt >= PRUNE_EVERY) {
        prunedAt = monotonic();
        await incidents.prune({ counts: now - 2 * policy.baseline - LATE, incidents: now - KNOWN_FOR });
      }
      return decided + (await tell());
    },
  };
}

function providerOf({ terms }: Decided): string {
  return terms.provider ?? '';
}

/** For the log: no address, no reply. */
function countsOf(decided: Decided): object {
  const { failing = 0, delivered = 0 } = decided.summary ?? {};
  return { incident: decided.id, provider: providerOf(decided), failing, delivered };
}

/** Spread, so that a partition that stands still silences few of them. */
function announcerOf(id: string, partitions: number): number {
  let sum = 0;
  for (let i = 0; i < id.length; i += 1) sum = (sum * 31 + id.charCodeAt(i)) >>> 0;
  return sum % partitions;
}
