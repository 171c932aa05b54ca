/** Releases all leases of a member. Locks the rows; reads the table, a row per partition. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';

export const releaseAllLeases = statement('release_all_leases', (db, { owner }: Slots<{ owner: string }>) =>
  db.deleteFrom('desist.journal_lease').where('owner', '=', owner),
);
