/** The feed of published changes on SQL: pages that read a bounded number of rows, and positions that say what was read. */
import type { Address, Tenant } from '@desist/domain';
import { FeedGapError, placeInFeed } from '@desist/pipeline';
import type { FedChange, FeedFilter, FeedPosition, PartitionFeed } from '@desist/pipeline';
import type { Database } from '@desist/postgres';
import { findLastChanges } from './statements/find-last-changes.ts';
import { listFeedEnds } from './statements/list-feed-ends.ts';
import { pageChanges } from './statements/page-changes.ts';
import type { FedRow } from './statements/page-changes.ts';

/** Rows that a page reads of all partitions together when a filter leaves some out. */
const SCANNED = 5_000;
/** Rows that a page reads of a partition at least, if it has them: few partitions may have nearly all that is new. */
const LEAST_OF_PARTITION = 64;
const MOST = 1_000;

interface Ends {
  readonly high: FeedPosition;
  readonly floor: FeedPosition;
}

export function createChangeFeed(db: Database): PartitionFeed {
  async function ends(): Promise<Ends> {
    const high: number[] = [];
    const floor: number[] = [];
    for (const row of await listFeedEnds.run(db, {})) {
      high[row.partition] = placeInFeed(row.incarnation, row.nextSequence - 1);
      floor[row.partition] = row.floor ?? 0;
    }
    // A partition that nobody has claimed yet has published nothing.
    return { high: Array.from(high, (one) => one ?? 0), floor: Array.from(floor, (one) => one ?? 0) };
  }

  return {
    ends: async () => (await ends()).high,
    oldest: async () => (await ends()).floor,
    async last(count) {
      const { high } = await ends();
      if (count === 0) return high;
      const position = [...high];
      const rows = await findLastChanges.run(db, { limit: Math.min(count, MOST) });
      const latest = [...rows].sort((a, b) => b.recordedAt - a.recordedAt || b.sequence - a.sequence).slice(0, count);
      for (const { partition, sequence } of latest) position[partition] = Math.min(position[partition] ?? 0, sequence - 1);
      return position;
    },
    async read(filter, after, limit) {
      requireLimit(limit);
      const { tenants = null, types = null } = filter;
      const { high, floor } = await ends();
      requireNoGap(after, high, floor);
      const behind = [...high.keys()].filter((partition) => (after[partition] ?? 0) < (high[partition] ?? 0));
      const position = high.map((_, partition) => after[partition] ?? 0);
      if (behind.length === 0) return { changes: [], position, more: false };
      const scanned = scannedFor(filter, limit);
      const share = Math.min(scanned, Math.max(Math.ceil(scanned / behind.length), LEAST_OF_PARTITION));
      const rows = await pageChanges.run(db, {
        partitions: behind,
        after: behind.map((partition) => position[partition] ?? 0),
        tenants,
        types,
        limit: share,
      });
      const byPartition = Map.groupBy(rows, ({ partition }) => partition);
      const found = merged(
        [...byPartition.values()].map((own) => own.filter(({ matches }) => matches)),
        limit,
      );
      for (const partition of behind) {
        const own = byPartition.get(partition) ?? [];
        const end = own.length < share ? high[partition] : own.at(-1)?.sequence;
        const left = found.left.find((row) => row.partition === partition);
        position[partition] = left === undefined ? Math.max(end ?? 0, own.at(-1)?.sequence ?? 0) : left.sequence - 1;
      }
      return { changes: found.taken.map(fedChange), position, more: high.some((end, partition) => (position[partition] ?? 0) < end) };
    },
    async readPartition(filter, { partition, after, upTo }, limit) {
      requireLimit(limit);
      const { high, floor } = await ends();
      const end = Math.min(high[partition] ?? 0, upTo ?? Number.MAX_SAFE_INTEGER);
      if (after < (floor[partition] ?? 0)) throw new FeedGapError(`changes of partition ${partition} behind this position were deleted`);
      if (after >= end) return { changes: [], place: after, more: false };
      const { tenants = null, types = null } = filter;
      const scanned = scannedFor(filter, limit);
      const rows = await pageChanges.run(db, { partitions: [partition], after: [after], tenants, types, limit: scanned });
      const inside = rows.filter(({ sequence }) => sequence <= end);
      const matching = inside.filter(({ matches }) => matches);
      const cut = matching[limit];
      const isAll = inside.length < rows.length || rows.length < scanned;
      const place = cut === undefined ? (isAll ? end : (inside.at(-1)?.sequence ?? end)) : cut.sequence - 1;
      return { changes: matching.slice(0, limit).map(fedChange), place, more: place < end };
    },
  };
}

function requireLimit(limit: number): void {
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > MOST) throw new RangeError(`limit must be a whole number from 1 to ${MOST}`);
}

/** Rows that a page reads at most: more than it gives when a filter leaves some out. */
function scannedFor({ tenants, types }: FeedFilter, limit: number): number {
  return tenants === undefined && types === undefined ? limit : Math.max(limit, SCANNED);
}

function requireNoGap(after: FeedPosition, high: FeedPosition, floor: FeedPosition): void {
  for (const [partition, sequence] of after.entries()) {
    if (sequence > (high[partition] ?? 0)) throw new FeedGapError(`partition ${partition} has published less than this position says`);
    if (sequence < (floor[partition] ?? 0)) throw new FeedGapError(`changes of partition ${partition} behind this position were deleted`);
  }
  for (const [partition, lowest] of floor.entries()) {
    if (partition >= after.length && lowest > 0)
      throw new FeedGapError(`changes of partition ${partition} were deleted before they were read`);
  }
}

/** The first so many of lists that are each in order, the earliest first; and what is left of each list. */
function merged(
  lists: readonly (readonly FedRow[])[],
  limit: number,
): { readonly taken: readonly FedRow[]; readonly left: readonly FedRow[] } {
  const taken: FedRow[] = [];
  const next = lists.map(() => 0);
  const head = (list: number): FedRow | undefined => lists[list]?.[next[list] ?? 0];
  while (taken.length < limit) {
    let first: number | undefined;
    for (const list of lists.keys()) {
      const row = head(list);
      if (row !== undefined && (first === undefined || row.recordedAt < (head(first) as FedRow).recordedAt)) first = list;
    }
    if (first === undefined) break;
    taken.push(head(first) as FedRow);
    next[first] = (next[first] as number) + 1;
  }
  return { taken, left: [...lists.keys()].flatMap((list) => head(list) ?? []) };
}

function fedChange({ partition, sequence, tenant, recordedAt, change, ...row }: FedRow): FedChange {
  if (change !== null) return { kind: 'incident', partition, sequence, tenant, recordedAt, change };
  const { incarnation, address, version, type, effectiveAt, detail } = row as { [K in keyof typeof row]: NonNullable<(typeof row)[K]> };
  const who = { tenant: tenant as Tenant, address: address as Address };
  return { kind: 'recipient', ...who, partition, incarnation, sequence, version, type, effectiveAt, recordedAt, detail };
}
