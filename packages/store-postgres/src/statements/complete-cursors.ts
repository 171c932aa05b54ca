/**
 * Adds cursors of partitions that were first published in after a subscriber was added: everything in them is new to it. Locks nothing that
 * is there; primary key.
 */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';

export const completeCursors = statement(
  'complete_cursors',
  (_, { partitions }: Slots<{ partitions: number }>) => sql<never>`
    insert into desist.subscriber_cursor (subscriber_id, partition, place)
    select s.id, p, 0 from desist.subscriber s, generate_series(0, ${partitions}::integer - 1) p
    where s.state <> 'ended'
      and not exists (select from desist.subscriber_cursor c where c.subscriber_id = s.id and c.partition = p)
    on conflict do nothing`,
);
