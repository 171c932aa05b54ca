/**
 * Moves a cursor and extends or ends its lease; no row for a cursor that was claimed by somebody else since. What it had failed at is behind
 * it then. Locks the cursor; primary key.
 */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import type { SubscriberState } from '@desist/pipeline';
import { sql } from 'kysely';
import { nowMs } from './now-ms.ts';

interface Move {
  readonly id: string;
  readonly partition: number;
  readonly fence: number;
  readonly place: number;
  /** A request was taken. */
  readonly taken: boolean;
  /** ms; null: the lease ends. */
  readonly lease: number | null;
  readonly again: boolean;
}

export interface Moved {
  readonly state: SubscriberState;
  /** Number of the request. */
  readonly number: number;
}

export const moveCursor = statement(
  'move_cursor',
  (_, { id, partition, fence, place, taken, lease, again }: Slots<Move>) => sql<Moved>`
    update desist.subscriber_cursor c set place = ${place},
      planned = case when c.planned > ${place} then c.planned end,
      leased_until = ${nowMs} + ${lease}::bigint, again = ${again}::boolean,
      failures = case when ${place} > c.place then 0 else c.failures end,
      failing_since = case when ${place} > c.place then null else c.failing_since end,
      problem = case when ${place} > c.place then null else c.problem end,
      retry_at = case when ${place} > c.place then null else c.retry_at end,
      delivered_at = case when ${taken}::boolean then ${nowMs} else c.delivered_at end,
      gap = c.gap and not ${taken}::boolean,
      tries = c.tries + ${taken}::boolean::integer
    from desist.subscriber s
    where s.id = c.subscriber_id and c.subscriber_id = ${id} and c.partition = ${partition} and c.fence = ${fence}
    returning s.state, c.tries as number`,
);
