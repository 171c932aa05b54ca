/** Deletes members that did not renew in time. Locks them; reads the table, a row per process. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';

export const dropDeadMembers = statement('drop_dead_members', (db, { now }: Slots<{ now: number }>) =>
  db.deleteFrom('desist.journal_member').where('until', '<', now),
);
