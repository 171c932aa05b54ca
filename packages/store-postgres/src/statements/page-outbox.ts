/** The first changes to be relayed. Locks nothing; primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';

export const pageOutbox = statement('page_outbox', (db, { partition, limit }: Slots<{ partition: number; limit: number }>) =>
  db
    .selectFrom('desist.outbox')
    .select(['number as sequence', 'key', 'change', 'lists', 'value'])
    .where('partition', '=', partition)
    .where('parked', 'is', null)
    .orderBy('number')
    .limit(limit),
);
