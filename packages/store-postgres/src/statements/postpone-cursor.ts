/**
 * Ends the lease of a cursor whose request was not taken, until its next try: at once when somebody has resumed the subscriber while it was
 * under way. No row for a cursor that was claimed by somebody else since. Locks the cursor; primary key.
 */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';
import type { Moved } from './move-cursor.ts';
import { nowMs } from './now-ms.ts';

interface Postponed {
  readonly id: string;
  readonly partition: number;
  readonly fence: number;
  readonly place: number;
  readonly failures: number;
  readonly problem: string | null;
  /** ms; null: there is no next try by itself. */
  readonly retryIn: number | null;
}

export interface Postponement extends Moved {
  /** Somebody resumed the subscriber while the request was under way. */
  readonly resumed: boolean;
}

export const postponeCursor = statement(
  'postpone_cursor',
  (_, { id, partition, fence, place, failures, problem, retryIn }: Slots<Postponed>) => sql<Postponement>`
    update desist.subscriber_cursor c set place = greatest(c.place, ${place}::bigint), leased_until = null,
      failures = least(${failures}::integer, c.failures + 1),
      failing_since = coalesce(case when c.failures > 0 then c.failing_since end, ${nowMs}), problem = ${problem},
      retry_at = case when c.failures + 1 < ${failures}::integer then ${nowMs} else ${nowMs} + ${retryIn}::bigint end, tries = c.tries + 1
    from desist.subscriber s
    where s.id = c.subscriber_id and c.subscriber_id = ${id} and c.partition = ${partition} and c.fence = ${fence}
    returning s.state, c.tries as number, c.failures < ${failures}::integer as resumed`,
);
