/** Deletes a member that leaves. Locks its row; primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';

export const dropMember = statement('drop_member', (db, { owner }: Slots<{ owner: string }>) =>
  db.deleteFrom('desist.journal_member').where('owner', '=', owner),
);
