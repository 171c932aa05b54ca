/** What others may ask of the state: recipient, list, check, history, status. Reads only; times in ms since the epoch. */
import type { RecipientStateName } from '@desist/domain';
import type { Checked, HistoryEntry, ListedSuppression, Page, RecipientRecord, StateReader, StoredPartition } from '@desist/pipeline';
import { decodeCursor, encodeCursor } from './cursor.ts';
import type { Database, Row } from './database.ts';

const MAX_PAGE = 1_000;

const SUPPRESSION = `s.scope, s.reason, s.since, s.expires_at as "expiresAt", s.category, s.rule, s.reply,
  s.first_failure_at as "firstFailureAt", s.last_failure_at as "lastFailureAt", s.failures, s.policy`;

/** Rows of one recipient as a JSON array, so that a read is one statement and of one moment. */
const held = (table: string, columns: string, order: string): string =>
  `coalesce((select json_agg(held order by ${order}) from (select ${columns} from desist.${table} s where s.recipient_id = r.id) held), '[]')`;

/** The advice that the status view gives. */
const ADVICE = `(select v.advice from desist.recipient_status v where v.tenant = r.tenant and v.address = r.address)`;

export function createReader(db: Database): StateReader {
  async function ask<T>(text: string, values: readonly unknown[] = []): Promise<readonly T[]> {
    return (await db.query(text, values)) as readonly Row[] as readonly T[];
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
      const { text, values } = where([
        [filter.tenant, 'r.tenant = $'],
        [filter.address, 'r.address = $'],
        [filter.domain === undefined ? undefined : `@${filter.domain}`, 'right(r.address, length($)) = $'],
        [filter.scope, 's.scope = $'],
        [filter.reason, 's.reason = $'],
        [filter.since, 's.since >= $::bigint'],
      ]);
      const from =
        after === null
          ? ''
          : `and (s.recipient_id, s.scope, s.reason) > ($${values.length + 1}, $${values.length + 2}, $${values.length + 3})`;
      const rows = await ask<ListedSuppression & { id: number }>(
        `select s.recipient_id as id, r.tenant, r.address, ${SUPPRESSION}, s.updated_at as "updatedAt"
           from desist.suppression s join desist.recipient r on r.id = s.recipient_id
          where ${text} ${from}
          order by s.recipient_id, s.scope, s.reason limit ${limit + 1}`,
        [...values, ...(after ?? [])],
      );
      return pageOf(
        rows.map(({ id, ...item }) => ({ item, position: [id, item.scope, item.reason] })),
        limit,
      );
    },

    async check(tenant, addresses) {
      if (addresses.length === 0) return [];
      return await ask<Checked>(
        `select sent.address, coalesce(r.state, 'healthy') as state,
                ${held('suppression', 's.scope, s.reason, s.since, s.expires_at as "expiresAt"', 'held.scope, held.reason')} as suppressions,
                ${held('allowance', 's.scope, s.expires_at as "expiresAt"', 'held.scope')} as allowed
           from unnest($2::text[]) with ordinality as sent (address, place)
           left join desist.recipient r on r.tenant = $1 and r.address = sent.address
          order by sent.place`,
        [tenant, addresses],
      );
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

    async clocks() {
      return ask<{ partition: number; clock: number }>('select partition, clock from desist.checkpoint order by partition');
    },
  };
}

function within(limit: number): number {
  if (!Number.isSafeInteger(limit) || limit < 1) throw new RangeError('limit must be a whole number from 1 on');
  return Math.min(limit, MAX_PAGE);
}

/** `$` in a condition stands for its value. Conditions without a value are left out. */
function where(conditions: readonly (readonly [string | number | undefined, string])[]): { text: string; values: (string | number)[] } {
  const values: (string | number)[] = [];
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
