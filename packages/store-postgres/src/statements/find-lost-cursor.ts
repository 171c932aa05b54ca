/** A partition in which a subscriber's cursor is before what is kept; no row when there is none. Locks nothing; primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';

interface Lost {
  readonly id: string;
  /** By partition. */
  readonly oldest: readonly number[];
}

export const findLostCursor = statement(
  'find_lost_cursor',
  (_, { id, oldest }: Slots<Lost>) => sql<{ readonly partition: number }>`
    select c.partition from desist.subscriber_cursor c
    join unnest(${oldest}::bigint[]) with ordinality as o (place, ordinality) on o.ordinality = c.partition + 1
    where c.subscriber_id = ${id} and c.place < o.place limit 1`,
);
