/** The database's clock, by which leases expire. Locks nothing. */
import { statement } from '@desist/postgres';
import { now } from './now.ts';

export const findJournalTime = statement('find_journal_time', (db) => db.selectNoFrom(now.as('now')));
