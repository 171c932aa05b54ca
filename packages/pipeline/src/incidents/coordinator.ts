/**
 * Notices incidents in what all partitions counted together, and announces to every partition what was decided about them, by itself or
 * by an operator.
 *
 *   incident_count ──> a tenant's own: opening, closing ──> of the whole installation: do enough tenants show it?
 *                  ──> incident (the decision) ──> one record in every partition of the log ──> each folds from there on
 *
 * The owner of the lowest partition does this. Several processes may at once: the database takes a decision once, and announcing one twice changes nothing. What a
 * partition decides follows from its log alone, for the decision stands in it.
 */
import { DAY, HOUR, QUARTER, quarterOf } from '@desist/domain';
import type { IncidentNotice, IncidentPolicy } from '@desist/domain';
import type { CountedBy, FoldedSoFar, IncidentRow, IncidentStore, SummedCount } from '../ports/incidents.ts';
import type { LogSink, OutRecord } from '../ports/log.ts';
import type { Logger } from '../ports/time.ts';
import { announcerOf } from './announcer.ts';
import type { Decided } from './decisions.ts';
import { closedBy, closedByAll, openedBy, openedByAll, ownIncident } from './decisions.ts';

export interface Coordinator {
  /** Looks, decides and announces, once. Answers how many decisions were made or announced. */
  tick(): Promise<number>;
  /** Number of open incidents, as of the last tick. */
  open(): number;
}

export interface CoordinatorOptions {
  readonly incidents: IncidentStore;
  readonly sink: Pick<LogSink, 'append'>;
  readonly encode: (notice: IncidentNotice) => { readonly key: string; readonly value: string };
  /** That of the moment. */
  readonly policy: () => IncidentPolicy;
  /** The number of partitions of the input topic; undefined: not known yet. */
  readonly partitions: () => number | undefined;
  readonly logger: Logger;
  /** Name of this process in the checkpoints. Undefined: it looks whoever else does. */
  readonly owner?: string;
  /** Monotonic clock, ms. */
  readonly monotonic: () => number;
}

/** An incident begins at most so long ago, unless reports come very late. */
const LATE = 26 * HOUR;
/** Each tick looks for those who fail now; those of the last `LATE` are looked for every `LATE_EVERY`, all others every `ALL_EVERY`. */
const LATE_EVERY = 60_000;
const ALL_EVERY = 10 * 60_000;
const PRUNE_EVERY = HOUR;
/** Of one tenant at most so many are open at once: each costs every partition a look at the tenant's recipients. */
const MOST_OPEN = 100;
/** What partitions know of incidents that were over so long ago goes: nobody's evidence reaches back. */
const KNOWN_FOR = 90 * DAY;

export function createCoordinator(options: CoordinatorOptions): Coordinator {
  const { incidents, sink, encode, policy, logger, monotonic } = options;
  let open = 0;
  let lateAt = Number.NEGATIVE_INFINITY;
  let allAt = Number.NEGATIVE_INFINITY;
  /** Records that were folded when suspects were looked for last. */
  let lookedAt = Number.NaN;
  let prunedAt = Number.NEGATIVE_INFINITY;

  // ------------------------------------------------------------------------------------------- close

  async function closeSome(now: number): Promise<number> {
    const going = await incidents.open();
    open = going.length;
    // Those of the whole installation end with the tenants' own.
    return (
      (await closeOwn(
        going.filter(({ terms }) => terms.tenant !== null),
        now,
      )) + (await closeForAll(going.filter(isForAll), now))
    );
  }

  async function closeOwn(going: readonly IncidentRow[], now: number): Promise<number> {
    const countsOf = await countsSince(going.map(byOf), earliest(going));
    let closed = 0;
    for (const row of going) closed += await close(row, closedBy(policy(), row, countsOf(byOf(row)), now));
    return closed;
  }

  async function closeForAll(going: readonly IncidentRow[], now: number): Promise<number> {
    if (going.length === 0) return 0;
    const since = earliest(going);
    const countsOf = await countsSince(going.map(byOf), since);
    const detected = await incidents.detected(going.map(providerOf), since);
    let closed = 0;
    for (const row of going) {
      const { from } = row.terms;
      const own = detected.flatMap(({ terms: { tenant, provider, ...span } }) => {
        const concerns = tenant !== null && provider === row.terms.provider && (span.until ?? now) > from;
        return concerns ? [{ tenant, from: span.from, until: span.until }] : [];
      });
      closed += await close(row, closedByAll(policy(), row, { own, counts: countsOf(byOf(row)), now }));
    }
    return closed;
  }

  async function close(row: IncidentRow, decided: IncidentRow | undefined): Promise<number> {
    // Each decision is announced before the next one is made: none of them is passed over.
    if (decided === undefined || row.announcedRevision < row.revision) return 0;
    if (!(await incidents.update({ ...decided, open: false }, row.revision))) return 0;
    open -= 1;
    logger.warn(logged(decided), 'incident closed');
    return 1;
  }

  // -------------------------------------------------------------------------------------------- open

  async function openSome({ clock: now, records }: FoldedSoFar): Promise<number> {
    const late = monotonic() - lateAt >= LATE_EVERY;
    // Counts change with what is folded only.
    if (!late && records === lookedAt) return 0;
    lookedAt = records;
    const all = monotonic() - allAt >= ALL_EVERY;
    if (late) lateAt = monotonic();
    if (all) allAt = monotonic();
    const since = quarterOf(now - (all ? Math.max(LATE, policy().baseline) : LATE));
    const recent = quarterOf(now - 2 * policy().window) - QUARTER;
    return (await openOwn({ since, seen: late || all ? since : Math.max(since, recent) }, now)) + (await openForAll(since, now));
  }

  /** `seen`: who failed since then is looked at, and what began since `since` is found. */
  async function openOwn({ since, seen }: { readonly since: number; readonly seen: number }, now: number): Promise<number> {
    const { recipients, failingShare: share, baseline } = policy();
    const suspects = await incidents.suspects({ since: seen, recipients, share, baseline: baseline + seen - since });
    if (suspects.length === 0) return 0;
    const going = new Map<string, number>();
    for (const { terms } of await incidents.open()) if (terms.tenant !== null) going.set(terms.tenant, (going.get(terms.tenant) ?? 0) + 1);
    const endOf = endsOf(await incidents.detected([...new Set(suspects.map(({ by }) => by.provider))], since));
    let opened = 0;
    for (const { by, counts } of suspects) {
      const end = endOf(by);
      const others = going.get(by.tenant) ?? 0;
      if (end === null || others >= MOST_OPEN) continue;
      if ((await openOne(openedBy(policy(), counts, { ...by, after: Math.max(since, end ?? since), now }), now)) === 0) continue;
      going.set(by.tenant, others + 1);
      opened += 1;
    }
    return opened;
  }

  /** Looked at while enough tenants have an incident of their own at one provider. */
  async function openForAll(since: number, now: number): Promise<number> {
    const going = await incidents.open();
    // What an operator restored shows nothing.
    const own = Map.groupBy(
      going.filter(({ excludes, terms }) => excludes && terms.tenant !== null),
      providerOf,
    );
    for (const { terms } of going.filter(isForAll)) own.delete(terms.provider ?? '');
    for (const [provider, rows] of own) if (rows.length < policy().tenants) own.delete(provider);
    if (own.size === 0) return 0;
    const rows = [...own.values()].flat();
    const forAll = [...own.keys()].map((provider): CountedBy => ({ tenant: null, provider }));
    const countsOf = await countsSince([...rows.map(byOf), ...forAll], Math.min(since, earliest(rows)) - policy().baseline);
    const endOf = endsOf(await incidents.detected([...own.keys()], earliest(rows)));
    let opened = 0;
    for (const by of forAll) {
      const showing = (own.get(by.provider) ?? []).flatMap((row) =>
        row.terms.tenant === null ? [] : [ownIncident(row.terms.tenant, row.terms, countsOf(byOf(row)))],
      );
      const after = endOf(by) ?? Number.NEGATIVE_INFINITY;
      opened += await openOne(openedByAll(policy(), showing, countsOf(by), { provider: by.provider, after, now }), now);
    }
    return opened;
  }

  async function openOne(decided: Decided | undefined, now: number): Promise<number> {
    if (decided === undefined) return 0;
    if (!(await incidents.insert({ ...decided, origin: 'detected', open: true, announcedRevision: 0, createdAt: now }))) return 0;
    open += 1;
    logger.warn(logged(decided), 'incident opened: what fails at this provider is held back');
    return 1;
  }

  async function countsSince(by: readonly CountedBy[], since: number): Promise<(one: CountedBy) => readonly SummedCount[]> {
    if (by.length === 0) return () => [];
    const counted = new Map((await incidents.counts(by, since)).map((one) => [nameOf(one.by), one.counts]));
    return (one) => counted.get(nameOf(one)) ?? [];
  }

  // ---------------------------------------------------------------------------------------- announce

  /** Every partition gets the same record. Several processes may announce it, and one may do it again: only the first counts. */
  async function announce(): Promise<number> {
    const partitions = options.partitions();
    if (partitions === undefined) return 0;
    const unannounced = await incidents.unannounced();
    for (const row of unannounced) {
      const { key, value } = encode({ ...row, announcedBy: announcerOf(row.id, partitions) });
      const records = Array.from({ length: partitions }, (_, partition): OutRecord => ({ key, value, partition }));
      await sink.append('deliveryEvents', records);
      await incidents.markAnnounced(row.id, row.revision);
    }
    return unannounced.length;
  }

  return {
    open: () => open,
    async tick() {
      const folded = await incidents.progressOfAll();
      if (folded === null) return announce();
      const { clock: now, leader } = folded;
      if (options.owner !== undefined && leader !== null && leader !== options.owner) {
        open = (await incidents.open()).length;
        return 0;
      }
      let decided = await closeSome(now);
      if (policy().detect) decided += await openSome(folded);
      if (monotonic() - prunedAt >= PRUNE_EVERY) {
        prunedAt = monotonic();
        await incidents.prune({ counts: now - 2 * policy().baseline - LATE, incidents: now - KNOWN_FOR });
      }
      return decided + (await announce());
    },
  };
}

function providerOf({ terms }: Decided): string {
  return terms.provider ?? '';
}

function isForAll({ terms }: IncidentRow): boolean {
  return terms.tenant === null;
}

function byOf({ terms }: IncidentRow): CountedBy {
  return { tenant: terms.tenant, provider: terms.provider ?? '' };
}

/** No tenant's name has a space. */
function nameOf({ tenant, provider }: CountedBy): string {
  return `${tenant ?? ''} ${provider}`;
}

function earliest(rows: readonly IncidentRow[]): number {
  return Math.min(...rows.map(({ terms }) => terms.from));
}

/** When the last of these incidents ended, by whom they concern, ms; null: not yet; undefined: there is none. */
function endsOf(rows: readonly IncidentRow[]): (by: CountedBy) => number | null | undefined {
  const ends = new Map<string, number | null>();
  for (const row of rows) {
    const before = ends.get(nameOf(byOf(row)));
    const { until } = row.terms;
    ends.set(nameOf(byOf(row)), row.open || before === null || until === null ? null : Math.max(until, before ?? until));
  }
  return (by) => ends.get(nameOf(by));
}

/** For the log: no address, no reply. */
function logged(decided: Decided): object {
  const { failing = 0, delivered = 0 } = decided.summary ?? {};
  return { incident: decided.id, tenant: decided.terms.tenant, provider: providerOf(decided), failing, delivered };
}
