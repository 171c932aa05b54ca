/** The next dead letters that the log refuses for good. Locks nothing; index dead_letter_parked, of which nearly nothing is there. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';

interface Page {
  readonly partition: number;
  readonly offset: number;
  readonly limit: number;
}

export const pageParkedDeadLetters = statement('page_parked_dead_letters', (db, { partition, offset, limit }: Slots<Page>) =>
  db
    .selectFrom('desist.dead_letter')
    .select(['partition', 'record_offset as offset', 'key', 'value'])
    .where('parked', 'is not', null)
    .where(sql<boolean>`(partition, record_offset) > (${partition}::integer, ${offset}::bigint)`)
    .orderBy('partition')
    .orderBy('record_offset')
    .limit(limit),
);
