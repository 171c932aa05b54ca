/** The next dead letters of which is not known whom they name. Locks nothing; index journal_dead_letter_unindexed. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';

interface Page {
  readonly partition: number;
  readonly from: number;
  readonly limit: number;
}

export const pageUnindexedDeadLetters = statement('page_unindexed_dead_letters', (db, { partition, from, limit }: Slots<Page>) =>
  db
    .selectFrom('desist.journal')
    .select(['record_offset as offset', 'key', 'value', 'headers'])
    .where('topic', '=', sql.lit('deadLetters'))
    .where('recipients', 'is', null)
    .where('partition', '=', partition)
    .where('record_offset', '>=', from)
    .orderBy('record_offset')
    .limit(limit),
);
