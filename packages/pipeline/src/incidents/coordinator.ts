/**
 * Notices incidents in what all partitions counted together, and tells every partition what was decided about them, by itself or by an
 * operator.
 *
 *   incident_count ──> opening, closing ──> incident (the decision) ──> one record in every partition of the log ──> each folds from there on
 *
 * Any process may do this, and several may at once: the database takes a decision once, and telling one twice changes nothing. What a
 * partition decides follows from its log alone, for the decision stands in it.
 */
import { closingTimeOf, DAY, HOUR, incidentIdOf, openingOf, quarterOf } from '@desist/domain';
import type { IncidentNotice, IncidentPolicy, IncidentSummary } from '@desist/domain';
import type { IncidentCount, IncidentRow, IncidentStore, LogSink, Logger, OutRecord } from '../ports.ts';

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
      const counts = counted.get(providerOf(row)) ?? [];
      const until = closingTimeOf(policy, counts, row.terms.from, row.summary?.usualShare ?? 0, now);
      if (until === undefined) continue;
      const inside = counts.filter(({ at }) => at >= row.terms.from && at < until);
      const summary = summaryOf(inside, row.summary?.usualShare ?? null);
      const next: IncidentRow = {
        ...row,
        revision: row.revision + 1,
        action: 'closed',
        open: false,
        terms: { ...row.terms, until },
        at: now,
        summary,
      };
      if (!(await incidents.update(next, row.revision))) continue;
      closed += 1;
      open -= 1;
      logger.warn(
        { incident: row.id, provider: providerOf(row), failing: summary.failing, delivered: summary.delivered },
        'incident closed',
      );
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
      const opening = openingOf(policy, counts, Math.max(since, end ?? since));
      if (opening === undefined) continue;
      const row = openedRow(provider, opening.from, opening.usualShare, counts, now);
      if (!(await incidents.insert(row))) continue;
      opened += 1;
      open += 1;
      const { failing, delivered } = row.summary as IncidentSummary;
      logger.warn({ incident: row.id, provider, failing, delivered }, 'incident opened: what fails at this provider is held back');
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

function openedRow(provider: string, from: number, usualShare: number, counts: readonly IncidentCount[], now: number): IncidentRow {
  return {
    id: incidentIdOf(provider, from),
    origin: 'detected',
    revision: 1,
    told: 0,
    action: 'opened',
    holds: true,
    open: true,
    terms: { tenant: null, provider, domain: null, code: null, text: null, from, until: null },
    at: now,
    summary: summaryOf(
      counts.filter(({ at }) => at >= from),
      usualShare,
    ),
    by: null,
    note: null,
    createdAt: now,
  };
}

const CODES = 10;
const SAMPLES = 5;

/** Of quarters of one provider. */
export function summaryOf(counts: readonly IncidentCount[], usualShare: number | null): IncidentSummary {
  const codes = new Map<string, number>();
  for (const { code, count } of counts.flatMap((one) => one.codes)) codes.set(code, (codes.get(code) ?? 0) + count);
  return {
    failing: counts.reduce((sum, { failing }) => sum + failing, 0),
    delivered: counts.reduce((sum, { delivered }) => sum + delivered, 0),
    usualShare,
    codes: [...codes]
      .map(([code, count]) => ({ code, count }))
      .sort((a, b) => b.count - a.count || (a.code < b.code ? -1 : 1))
      .slice(0, CODES),
    samples: [...new Set(counts.flatMap(({ samples }) => samples))].slice(0, SAMPLES),
  };
}

function providerOf({ terms }: IncidentRow): string {
  return terms.provider ?? '';
}

/** Spread, so that a partition that stands still silences few of them. */
function announcerOf(id: string, partitions: number): number {
  let sum = 0;
  for (let i = 0; i < id.length; i += 1) sum = (sum * 31 + id.charCodeAt(i)) >>> 0;
  return sum % partitions;
}
