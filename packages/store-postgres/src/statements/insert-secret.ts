/** Adds the next secret of a subscriber. Locks nothing that is there; primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';

export const insertSecret = statement(
  'insert_secret',
  (_, { id, secret }: Slots<{ id: string; secret: string }>) => sql<never>`
    insert into desist.subscriber_secret (subscriber_id, number, secret)
    select ${id}, coalesce(max(number), 0) + 1, ${secret} from desist.subscriber_secret where subscriber_id = ${id}`,
);
