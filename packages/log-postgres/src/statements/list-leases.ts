/** The owner of each leased partition. Locks nothing; reads the table, a row per partition. */
import { statement } from '@desist/postgres';

export const listLeases = statement('list_leases', (db) =>
  db.selectFrom('desist.journal_lease').select(['partition', 'owner']).orderBy('partition'),
);
