/**
 * Notices sender incidents in the roll-ups of all partitions, and announces each decision to the one partition that publishes it.
 *
 *   rollup_hour ──> opening, closing ──> sender_incident (the decision) ──> a record in one partition of the log
 *
 * The owner of the lowest partition does this. Several processes may at once: the database takes a decision once, and of a record that is
 * appended twice the partition publishes the first.
 */
import { DAY, HOUR, hourOf, QUARTER, quarterOf } from '@desist/domain';
import type { SenderIncidentPolicy, SenderNotice, Tenant } from '@desist/domain';
import type { FoldedSoFar, IncidentStore } from '../ports/incidents.ts';
import type { LogSink } from '../ports/log.ts';
import type { SenderIncidentRow, SenderIncidentStore, SentBy, SentCounts } from '../ports/sender-incidents.ts';
import type { Logger } from '../ports/time.ts';
import { announcerOf } from './announcer.ts';
import type { Coordinator } from './coordinator.ts';
import type { DecidedSender } from './sender-decisions.ts';
import { closedSender, LATE, MOST_REPLIES, openedSenders, REPLIES_KEPT } from './sender-decisions.ts';

export interface SenderCoordinatorOptions {
  readonly incidents: SenderIncidentStore;
  readonly progress: Pick<IncidentStore, 'progressOfAll'>;
  readonly sink: Pick<LogSink, 'append'>;
  readonly encode: (notice: SenderNotice) => { readonly key: string; readonly value: string };
  /** That of the moment. */
  readonly policy: () => SenderIncidentPolicy;
  /** The number of partitions of the input topic; undefined: not known yet. */
  readonly partitions: () => number | undefined;
  readonly logger: Logger;
  /** Name of this process in the checkpoints. Undefined: it looks whoever else does. */
  readonly owner?: string;
  /** Monotonic clock, ms. */
  readonly monotonic: () => number;
}

/** Roll-ups are written every 5 s; those who are refused now are looked for every `LOOK_EVERY`, those of the last `LATE` every `LATE_EVERY`. */
const LOOK_EVERY = 15_000;
const LATE_EVERY = 10 * 60_000;
/** However many are refused: between two looks passes so many times what one took. */
const REST = 20;
/** Looks after the last record was folded. */
const IDLE_LOOKS = 2;
const PRUNE_EVERY = HOUR;
/** Of one tenant at most so many are open at once, and so many are kept. */
const MOST_OPEN = 100;
const MOST_KEPT = 1_000;
const INCIDENTS_KEPT = 396 * DAY;
/** Tenants and providers that are read at once. */
const AT_ONCE = 100;

export function createSenderCoordinator(options: SenderCoordinatorOptions): Coordinator {
  const { incidents, sink, encode, policy, logger, monotonic } = options;
  let open = 0;
  let nextLookAt = Number.NEGATIVE_INFINITY;
  /** Records that were folded at the last look: while that stays, nothing opens. */
  let lookedRecords = Number.NaN;
  let idleLooks = 0;
  let lateAt = Number.NEGATIVE_INFINITY;
  let prunedAt = Number.NEGATIVE_INFINITY;

  async function closeSome(now: number): Promise<number> {
    const going = await incidents.open();
    open = going.length;
    let closed = 0;
    for (const rows of piecesOf(going)) {
      const since = hourOf(Math.min(...rows.map(({ from }) => from)));
      const countsOf = namedCounts(await incidents.counts(rows.map(sentBy), { hours: since, quarters: since, until: now }));
      for (const row of rows) {
        // Each decision is announced before the next one is made: none of them is passed over.
        if (row.announcedRevision < row.revision) continue;
        const decided = closedSender(policy(), row, { pools: countsOf(sentBy(row)), now });
        if (decided !== undefined) closed += await close(row, decided);
      }
    }
    return closed;
  }

  async function close(row: SenderIncidentRow, decided: DecidedSender): Promise<number> {
    const found = await repliesOf(decided);
    // What it opened with is told when its replies are kept no more.
    const replies = found.length > 0 ? found : row.summary.replies;
    if (!(await incidents.update({ ...row, ...decided, summary: { ...decided.summary, replies }, open: false }, row.revision))) return 0;
    open -= 1;
    logger.warn(logged(decided), 'sender incident closed');
    return 1;
  }

  async function openSome(now: number, partitions: number): Promise<number> {
    const late = monotonic() - lateAt >= LATE_EVERY;
    if (late) lateAt = monotonic();
    const since = quarterOf(now - LATE);
    const seen = late ? since : Math.max(since, quarterOf(now - 2 * policy().window) - QUARTER);
    const going = new Map<Tenant, number>();
    for (const { place } of await incidents.open()) going.set(place.tenant, (going.get(place.tenant) ?? 0) + 1);
    let opened = 0;
    for (const suspects of piecesOf(await incidents.suspects({ since: seen, refused: policy().refused, share: policy().share }))) {
      const endOf = endsOf(await incidents.since(suspects, since));
      const counted = await incidents.counts(suspects, { hours: hourOf(since - policy().baseline), quarters: hourOf(since), until: now });
      for (const { by, pools } of counted) {
        const after = (pool: string | null): number | null => {
          const end = endOf(by, pool);
          return end === null ? null : Math.max(since, end ?? since);
        };
        for (const decided of openedSenders(policy(), pools, { by, after, now })) {
          const others = going.get(by.tenant) ?? 0;
          if (others >= MOST_OPEN || !(await openOne(decided, now, partitions))) continue;
          going.set(by.tenant, others + 1);
          opened += 1;
        }
      }
    }
    return opened;
  }

  async function openOne(decided: DecidedSender, now: number, partitions: number): Promise<boolean> {
    const summary = { ...decided.summary, replies: await repliesOf(decided) };
    const row = { ...decided, summary, announcedBy: announcerOf(decided.id, partitions), open: true, announcedRevision: 0, createdAt: now };
    if (!(await incidents.insert(row))) return false;
    open += 1;
    logger.warn(logged(decided), 'sender incident opened: the provider refuses this sender more than usual');
    return true;
  }

  async function repliesOf({ place, from, until }: DecidedSender): Promise<SenderNotice['summary']['replies']> {
    return incidents.replies(place, { from, until: until ?? Number.MAX_SAFE_INTEGER, limit: MOST_REPLIES });
  }

  async function announce(): Promise<number> {
    const unannounced = await incidents.unannounced();
    for (const row of unannounced) {
      await sink.append('deliveryEvents', [{ ...encode(row), partition: row.announcedBy }]);
      await incidents.markAnnounced(row.id, row.revision);
    }
    return unannounced.length;
  }

  async function look(folded: FoldedSoFar, partitions: number): Promise<number> {
    const began = monotonic();
    if (began < nextLookAt) return 0;
    const decided = await decide(folded, partitions);
    nextLookAt = began + Math.max(LOOK_EVERY, REST * (monotonic() - began));
    return decided;
  }

  async function decide({ clock: now, records }: FoldedSoFar, partitions: number): Promise<number> {
    const closed = await closeSome(now);
    if (monotonic() - prunedAt >= PRUNE_EVERY) {
      prunedAt = monotonic();
      await incidents.prune({ replies: now - REPLIES_KEPT, incidents: now - INCIDENTS_KEPT, most: MOST_KEPT });
    }
    // Roll-ups follow what is folded by some seconds: what came last is looked at once more.
    const isIdle = records === lookedRecords && monotonic() - lateAt < LATE_EVERY && idleLooks >= IDLE_LOOKS;
    idleLooks = records === lookedRecords ? idleLooks + 1 : 0;
    lookedRecords = records;
    return policy().detect && !isIdle ? closed + (await openSome(now, partitions)) : closed;
  }

  return {
    open: () => open,
    async tick() {
      const folded = await options.progress.progressOfAll();
      const partitions = options.partitions();
      if (folded === null || partitions === undefined) return 0;
      const { leader } = folded;
      if (options.owner !== undefined && leader !== null && leader !== options.owner) {
        open = (await incidents.open()).length;
        return 0;
      }
      return (await look(folded, partitions)) + (await announce());
    },
  };
}

function sentBy({ place: { tenant, provider } }: Pick<SenderNotice, 'place'>): SentBy {
  return { tenant, provider };
}

/** No tenant's name has a space. */
function nameOf({ tenant, provider }: SentBy): string {
  return `${tenant} ${provider}`;
}

function namedCounts(counted: readonly SentCounts[]): (by: SentBy) => SentCounts['pools'] {
  const named = new Map(counted.map(({ by, pools }) => [nameOf(by), pools]));
  return (by) => named.get(nameOf(by)) ?? [];
}

/** When the last incident of a place ended, ms; null: not yet; undefined: there is none. */
function endsOf(rows: readonly SenderIncidentRow[]): (by: SentBy, pool: string | null) => number | null | undefined {
  const ends = new Map<string, number | null>();
  for (const { place, open, until } of rows) {
    const name = `${nameOf(place)} ${place.pool ?? ''}`;
    const before = ends.get(name);
    ends.set(name, open || before === null || until === null ? null : Math.max(until, before ?? until));
  }
  return (by, pool) => ends.get(`${nameOf(by)} ${pool ?? ''}`);
}

function piecesOf<T>(all: readonly T[]): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(all.length / AT_ONCE) }, (_, piece) => all.slice(piece * AT_ONCE, (piece + 1) * AT_ONCE));
}

/** For the log: no address, no reply. */
function logged({ id, place, summary }: DecidedSender): object {
  return { incident: id, ...place, ...summary };
}
