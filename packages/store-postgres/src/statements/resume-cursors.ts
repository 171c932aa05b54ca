/**
 * Lets the cursors of a subscriber be claimed at once, those behind what is kept at its beginning. Locks them; primary key. `oldest`: by
 * partition.
 */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';

interface Resumed {
  readonly id: string;
  readonly oldest: readonly number[];
}

export const resumeCursors = statement(
  'resume_cursors',
  (_, { id, oldest }: Slots<Resumed>) => sql<never>`
    update desist.subscriber_cursor c set
      gap = c.gap or c.place < o.place, place = greatest(c.place, o.place),
      planned = case when c.planned > greatest(c.place, o.place) and c.place >= o.place then c.planned end,
      again = true, failures = 0, failing_since = null, retry_at = null, problem = null
    from (select c.partition, coalesce((${oldest}::bigint[])[c.partition + 1], 0) as place from desist.subscriber_cursor c
      where c.subscriber_id = ${id}) o
    where c.subscriber_id = ${id} and c.partition = o.partition`,
);
