/** The members that share the partitions. Locks nothing; reads the table, a row per process. */
import { statement } from '@desist/postgres';

export const listMembers = statement('list_members', (db) => db.selectFrom('desist.journal_member').select('owner'));
