/** Reclaims the space of deleted records. Locks the table against changes of its columns. */
import { statement } from '@desist/postgres';
import { sql } from 'kysely';

export const vacuumJournal = statement<unknown, never>('vacuum_journal', () => sql`vacuum desist.journal`);
