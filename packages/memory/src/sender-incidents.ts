/** In-memory store of sender incidents, for tests. From the data in `given` it answers as the database store does. */
import type { PoolCounts, SenderCount } from '@desist/domain';
import { isTry, topReplies } from '@desist/pipeline';
import type { RollupRow, SenderIncidentRow, SenderIncidentStore, SenderReplyRow, SentBy } from '@desist/pipeline';
import { pageOf } from './page-of.ts';

export interface MemorySenderIncidents extends SenderIncidentStore {
  /** The input: what the partitions committed. */
  readonly given: {
    quarters: readonly RollupRow[];
    hours: readonly RollupRow[];
    replies: readonly SenderReplyRow[];
  };
}

export function createMemorySenderIncidents(): MemorySenderIncidents {
  const rows = new Map<string, SenderIncidentRow>();
  const given: MemorySenderIncidents['given'] = { quarters: [], hours: [], replies: [] };

  /** By pool and time. */
  function poolsOf(
    { tenant, provider }: SentBy,
    { hours, quarters, until }: { hours: number; quarters: number; until: number },
  ): readonly PoolCounts[] {
    const own = (row: { tenant: string; provider: string }): boolean => row.tenant === tenant && row.provider === provider;
    const cells = new Map<string, { pool: string; at: number; tries: number; refused: number; recipients: number }>();
    const tried = [
      ...given.hours.filter(({ at }) => at >= hours && at < quarters),
      ...given.quarters.filter(({ at }) => at >= quarters && at <= until),
    ].filter((row) => isTry(row) && own(row));
    for (const { pool, at, events, attribution } of tried) {
      const cell = cells.get(`${pool} ${at}`) ?? { pool, at, tries: 0, refused: 0, recipients: 0 };
      cell.tries += events;
      if (attribution === 'sender') cell.refused += events;
      cells.set(`${pool} ${at}`, cell);
    }
    for (const row of given.replies) {
      const cell = own(row) && row.at >= quarters ? cells.get(`${row.pool} ${row.at}`) : undefined;
      if (cell !== undefined) cell.recipients |= row.recipients;
    }
    const byPool = Map.groupBy(
      [...cells.values()].sort((a, b) => compare(a.pool, b.pool) || a.at - b.at),
      ({ pool }) => pool,
    );
    return [...byPool].map(([pool, counts]) => ({ pool, counts: counts.map(({ pool: _, ...count }): SenderCount => count) }));
  }

  return {
    given,
    async suspects({ since, refused, share }) {
      const recent = given.quarters.filter((row) => isTry(row) && row.at >= since && row.tenant !== '*' && row.provider !== 'other');
      const byPlace = Map.groupBy(recent, ({ tenant, provider }) => `${tenant} ${provider}`);
      const found = [...byPlace.values()].filter((of) => {
        if (sum(of.filter(isRefused)) < refused) return false;
        const cells = [...Map.groupBy(of, ({ pool, at }) => `${pool} ${at}`).values()];
        const high = cells.filter((cell) => sum(cell.filter(isRefused)) > 0 && sum(cell.filter(isRefused)) >= (sum(cell) * share) / 4);
        return high.reduce((all, cell) => all + sum(cell.filter(isRefused)), 0) >= refused / 2;
      });
      return found
        .flatMap(([first]) => (first === undefined ? [] : [{ tenant: first.tenant, provider: first.provider } as SentBy]))
        .sort((a, b) => compare(a.tenant, b.tenant) || compare(a.provider, b.provider));
    },
    async counts(by, span) {
      return by.map((one) => ({ by: one, pools: poolsOf(one, span) })).filter(({ pools }) => pools.length > 0);
    },
    async replies({ tenant, provider, pool }, { from, until, limit }) {
      const found = given.replies
        .filter((row) => row.tenant === tenant && row.provider === provider && (pool ?? row.pool) === row.pool)
        .filter(({ at }) => at >= from && at < until);
      return topReplies(found, limit);
    },
    async repliesOf(provider, { tenants, from, limit }) {
      const isWanted = (row: SenderReplyRow): boolean =>
        row.provider === provider && row.at >= from && (tenants?.includes(row.tenant) ?? true);
      return topReplies(given.replies.filter(isWanted), limit);
    },
    async insert(row) {
      const isTaken = [...rows.values()].some(({ open, place }) => open && samePlace(place, row.place));
      if (rows.has(row.id) || (row.open && isTaken)) return false;
      rows.set(row.id, row);
      return true;
    },
    async update(row, revision) {
      if (rows.get(row.id)?.revision !== revision) return false;
      rows.set(row.id, row);
      return true;
    },
    find: async (id) => rows.get(id) ?? null,
    async list({ tenants, limit, before }) {
      return pageOf(
        [...rows.values()].filter(({ place }) => tenants?.includes(place.tenant) ?? true),
        before,
        limit,
      );
    },
    open: async () => sorted([...rows.values()].filter(({ open }) => open)),
    async since(by, moment) {
      const isWanted = ({ place, until }: SenderIncidentRow): boolean =>
        by.some(({ tenant, provider }) => place.tenant === tenant && place.provider === provider) && (until === null || until > moment);
      return sorted([...rows.values()].filter(isWanted));
    },
    unannounced: async () => sorted([...rows.values()].filter(({ announcedRevision, revision }) => announcedRevision < revision)),
    async markAnnounced(id, revision) {
      const row = rows.get(id);
      if (row !== undefined) rows.set(id, { ...row, announcedRevision: Math.max(row.announcedRevision, revision) });
    },
    async prune({ replies, incidents, most }) {
      given.replies = given.replies.filter(({ at }) => at >= replies);
      for (const of of Map.groupBy(rows.values(), ({ place }) => place.tenant).values()) {
        for (const [place, row] of pageOf(of, undefined, of.length).entries()) {
          const { open, announcedRevision, revision, until } = row;
          if (!open && announcedRevision >= revision && (place >= most || (until !== null && until < incidents))) rows.delete(row.id);
        }
      }
    },
  };
}

function isRefused({ attribution, type }: RollupRow): boolean {
  return attribution === 'sender' && type !== 'delivered';
}

function samePlace(a: SenderIncidentRow['place'], b: SenderIncidentRow['place']): boolean {
  return a.tenant === b.tenant && a.provider === b.provider && a.pool === b.pool;
}

function sorted(rows: readonly SenderIncidentRow[]): readonly SenderIncidentRow[] {
  return rows.toSorted((a, b) => compare(a.id, b.id));
}

function sum(rows: readonly { readonly events: number }[]): number {
  return rows.reduce((all, { events }) => all + events, 0);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
