/** The first dead letters to be relayed. Locks nothing; primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';

export const pageDeadLetters = statement('page_dead_letters', (db, { partition, limit }: Slots<{ partition: number; limit: number }>) =>
  db
    .selectFrom('desist.dead_letter')
    .select(['record_offset as offset', 'key', 'value', 'reason', 'detail'])
    .where('partition', '=', partition)
    .where('parked', 'is', null)
    .orderBy('record_offset')
    .limit(limit),
);
