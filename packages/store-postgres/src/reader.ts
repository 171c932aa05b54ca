/** What others may ask of the state: recipient, list, check, history, status. Reads only; times in ms since the epoch. */
import type { RecipientStateName } from '@desist/domain';
import { StoreError } from '@desist/pipeline';
import type {
  AllowanceRow,
  BlockRow,
  Checked,
  HistoryEntry,
  ListedSuppression,
  ListFilter,
  Page,
  RecipientRecord,
  StateReader,
  StoredPartition,
  SuppressionRow,
} from '@desist/pipeline';
import { decodeCursor, encodeCursor } from './cursor.ts';
import type { Database, Row } from './database.ts';
import type { HashOf } from './forgotten.ts';

const MAX_PAGE = 1_000;
const EXPORT_PAGE = 5_000;

const SUPPRESSION = `s.scope, s.reason, s.since, s.expires_at as "expiresAt", s.category, s.rule, s.reply,
  s.first_failure_at as "firstFailureAt", s.last_failure_at as "lastFailureAt", s.failures, s.policy`;

const LISTED = `r.tenant, r.address, ${SUPPRESSION}, s.updated_at as "updatedAt"
  from desist.suppression s join desist.recipient r on r.id = s.recipient_id`;

/** Rows of one recipient as a JSON array, so that a read is one statement and of one moment. */
const held = (table: string, columns: string, order: string): string =>
  `coalesce((select json_agg(held order by ${order}) from (select ${columns} from desist.${table} s where s.recipient_id = r.id) held), '[]')`;

/** The advice that the status view gives. */
const ADVICE = `(select v.advice from desist.recipient_status v where v.tenant = r.tenant and v.address = r.address)`;

/** Whom a caller asks about, and what is held against them: one row per suppression, allowance or block. */
interface CheckRow {
  /** Position in the call, from 1; of an erased recipient too. Null: the row is a partition's clock, or the marker. */
  readonly place: number | null;
  readonly state: RecipientStateName | null;
  readonly scope: string | null;
  readonly reason: SuppressionRow['reason'] | null;
  readonly since: number | null;
  readonly expiresAt: number | null;
  readonly allowedScope: string | null;
  readonly allowedUntil: number | null;
  readonly blocks: string | null;
  readonly partition: number | null;
}

/** Everything `check` needs, in one statement. With `hashes` empty, a row without a place and a partition says that they are needed. */
export const CHECK = `select k.place, r.state, s.scope, s.reason, s.since, s.expires_at as "expiresAt",
         a.scope as "allowedScope", a.expires_at as "allowedUntil", null as blocks, null::integer as partition
    from unnest($2::text[]) with ordinality as k (address, place)
    join desist.recipient r on r.tenant = $1 and r.address = k.address
    left join desist.suppression s on s.recipient_id = r.id
    left join desist.allowance a on a.recipient_id = r.id
  union all
  select k.place, null, null, null, null, null, null, null, f.blocks, null
    from unnest($3::text[]) with ordinality as k (hash, place)
    join desist.forgotten f on f.tenant = $1 and f.hash = k.hash
  union all
  select null, null, null, null, null, null, null, null, '', null
   where cardinality($3::text[]) = 0 and exists (select from desist.forgotten f where f.tenant = $1)
  union all
  select null, null, null, null, c.clock, null, null, null, null, c.partition from desist.checkpoint c`;

export interface ReaderOptions {
  /** The keyed hash that stands for an erased recipient. */
  readonly hashOf?: HashOf;
}

export function createReader(db: Database, { hashOf }: ReaderOptions = {}): StateReader {
  /** Tenants of whom somebody was erased: their addresses are looked up by hash, too. */
  const withForgotten = new Set<string>();

  async function ask<T>(text: string, values: readonly unknown[] = []): Promise<readonly T[]> {
    return (await db.query(text, values)) as readonly Row[] as readonly T[];
  }

  async function askForCheck(tenant: string, addresses: readonly string[]): Promise<readonly CheckRow[]> {
    const hashed = withForgotten.has(tenant);
    if (hashed && hashOf === undefined) {
      throw new StoreError('incompatible', 'recipients were erased here, and this process has no key for their hashes: DESIST_HASH_KEY');
    }
    const hashes = hashed && hashOf !== undefined ? addresses.map((address) => hashOf(tenant, address)) : [];
    const rows = await ask<CheckRow>(CHECK, [tenant, addresses, hashes]);
    if (hashed || addresses.length === 0 || !rows.some(({ place, partition }) => place === null && partition === null)) return rows;
    if (withForgotten.size >= 10_000) withForgotten.clear();
    withForgotten.add(tenant);
    return askForCheck(tenant, addresses);
  }

  return {
    async recipient(tenant, address) {
      const [row] = await ask<RecipientRecord>(
        `select r.tenant, r.address, r.partition, r.version, r.state, r.policy,
                r.streak_started_at as "streakStartedAt", r.last_failure_at as "lastFailureAt", r.failures, r.messages,
                r.category, r.provider, r.suppress_at as "suppressAt",
                ${ADVICE} as advice, r.updated_at as "updatedAt", r.evidence,
                ${held('suppression', SUPPRESSION, 'held.scope, held.reason')} as suppressions,
                ${held('allowance', 's.scope, s.expires_at as "expiresAt"', 'held.scope')} as allowed
           from desist.recipient r where r.tenant = $1 and r.address = $2`,
        [tenant, address],
      );
      return row ?? null;
    },

    async list(filter) {
      const limit = within(filter.limit);
      const after = filter.cursor === undefined ? null : decodeCursor(filter.cursor, ['number', 'string', 'string']);
      const { text, values } = filtered(filter);
      const from =
        after === null
          ? ''
          : `and (s.recipient_id, s.scope, s.reason) > ($${values.length + 1}, $${values.length + 2}, $${values.length + 3})`;
      const rows = await ask<ListedSuppression & { id: number }>(
        `select s.recipient_id as id, ${LISTED} where ${text} ${from}
          order by s.recipient_id, s.scope, s.reason limit ${limit + 1}`,
        [...values, ...(after ?? [])],
      );
      return pageOf(
        rows.map(({ id, ...item }) => ({ item, position: [id, item.scope, item.reason] })),
        limit,
      );
    },

    async *snapshot(filter) {
      const { text, values } = filtered(filter);
      const sql = `select ${LISTED} where ${text} order by s.recipient_id, s.scope, s.reason`;
      for await (const rows of db.snapshot(sql, values, EXPORT_PAGE)) yield rows as readonly unknown[] as readonly ListedSuppression[];
    },

    async check(tenant, addresses) {
      const answers: (Building | undefined)[] = new Array<undefined>(addresses.length).fill(undefined);
      const clocks: { partition: number; clock: number }[] = [];
      for (const row of await askForCheck(tenant, addresses)) {
        if (row.partition !== null) clocks.push({ partition: row.partition, clock: row.since ?? 0 });
        if (row.place === null) continue;
        const answer = (answers[row.place - 1] ??= { state: 'healthy', suppressions: [], allowed: [], forgotten: false });
        addTo(answer, row);
      }
      for (const answer of answers) if (answer !== undefined && answer.suppressions.length > 1) answer.suppressions.sort(byScopeAndReason);
      clocks.sort((a, b) => a.partition - b.partition);
      const checked = addresses.map((address, place): Checked => {
        const answer = answers[place];
        if (answer === undefined) return { address, state: 'healthy', suppressions: NONE, allowed: NONE, forgotten: false };
        const { state, suppressions, allowed, forgotten } = answer;
        return { address, state, suppressions, allowed, forgotten };
      });
      return { checked, clocks };
    },

    async positions() {
      const rows = await ask<{ partition: number; nextOffset: number }>(
        'select partition, next_offset as "nextOffset" from desist.checkpoint',
      );
      return new Map(rows.map(({ partition, nextOffset }) => [partition, nextOffset]));
    },

    async history(tenant, address, page) {
      const limit = within(page.limit);
      const [after = 0] = page.cursor === undefined ? [] : decodeCursor(page.cursor, ['number']);
      const rows = await ask<HistoryEntry>(
        `select e.version, e.type, e.effective_at as "effectiveAt", e.recorded_at as "recordedAt", e.detail
           from desist.recipient r join desist.recipient_event e on e.recipient_id = r.id
          where r.tenant = $1 and r.address = $2 and e.version > $3
          order by e.version limit ${limit + 1}`,
        [tenant, address, after],
      );
      return pageOf(
        rows.map((item) => ({ item, position: [item.version] })),
        limit,
      );
    },

    async status() {
      const partitions = await ask<StoredPartition>(
        `select partition, epoch, owner, next_offset as "nextOffset", next_number as "nextNumber", clock, attempts, stopped, floor(extract(epoch from updated_at) * 1000)::bigint as "updatedAt",
                (select count(*) from desist.outbox o where o.partition = c.partition) as outbox,
                (select count(*) from desist.dead_letter d where d.partition = c.partition) as "deadLetters"
           from desist.checkpoint c order by partition`,
      );
      const states = await ask<{ state: RecipientStateName; count: number }>(
        'select state, count(*) as count from desist.recipient where tracked group by state',
      );
      const suppressions = await ask<{ scope: string; reason: string; count: number }>(
        'select scope, reason, count(*) as count from desist.suppression group by scope, reason order by scope, reason',
      );
      return { partitions, recipients: Object.fromEntries(states.map(({ state, count }) => [state, count])), suppressions };
    },
  };
}

interface Building {
  state: RecipientStateName;
  readonly suppressions: Checked['suppressions'][number][];
  readonly allowed: AllowanceRow[];
  forgotten: boolean;
}

const NONE: readonly never[] = [];

function byScopeAndReason(a: BlockRow, b: BlockRow): number {
  if (a.scope !== b.scope) return a.scope < b.scope ? -1 : 1;
  return a.reason < b.reason ? -1 : 1;
}

/** Suppressions and allowances of one recipient come crossed with each other. */
function addTo(answer: Building, { state, scope, reason, since, expiresAt, allowedScope, allowedUntil, blocks }: CheckRow): void {
  if (blocks !== null) {
    answer.forgotten = true;
    answer.suppressions.push(...(JSON.parse(blocks) as BlockRow[]));
    return;
  }
  if (state !== null) answer.state = state;
  if (scope !== null && reason !== null && since !== null) {
    const known = answer.suppressions.some((held) => held.scope === scope && held.reason === reason);
    if (!known) answer.suppressions.push({ scope, reason, since, expiresAt });
  }
  if (allowedScope !== null && !answer.allowed.some((allowance) => allowance.scope === allowedScope)) {
    answer.allowed.push({ scope: allowedScope, expiresAt: allowedUntil });
  }
}

function filtered(filter: Omit<ListFilter, 'cursor' | 'limit'>): { text: string; values: (string | number | readonly string[])[] } {
  return where([
    [filter.tenants, 'r.tenant = any($::text[])'],
    [filter.address, 'r.address = $'],
    [filter.domain, "split_part(r.address, '@', 2) = $"],
    [filter.prefix === undefined ? undefined : `${filter.prefix.replaceAll(/[\\%_]/g, '\\$&')}%`, 'r.address collate "C" like $'],
    [filter.scope, 's.scope = $'],
    [filter.reason, 's.reason = $'],
    [filter.since, 's.since >= $::bigint'],
  ]);
}

function within(limit: number): number {
  if (!Number.isSafeInteger(limit) || limit < 1) throw new RangeError('limit must be a whole number from 1 on');
  return Math.min(limit, MAX_PAGE);
}

/** `$` in a condition stands for its value. Conditions without a value are left out. */
function where(conditions: readonly (readonly [string | number | readonly string[] | undefined, string])[]): {
  text: string;
  values: (string | number | readonly string[])[];
} {
  const values: (string | number | readonly string[])[] = [];
  const parts: string[] = [];
  for (const [value, condition] of conditions) {
    if (value === undefined) continue;
    values.push(value);
    parts.push(condition.replaceAll('$', () => `$${values.length}`));
  }
  return { text: parts.length === 0 ? 'true' : parts.join(' and '), values };
}

/** One row more than asked for was read: it tells whether there is a next page. */
function pageOf<T>(rows: readonly { readonly item: T; readonly position: readonly (string | number)[] }[], limit: number): Page<T> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(({ item }) => item),
    cursor: rows.length > limit && last !== undefined ? encodeCursor(last.position) : null,
  };
}
