/** Registers a member or extends its expiry. Locks its row; primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';

export const renewMember = statement('renew_member', (db, { owner, until }: Slots<{ owner: string; until: number }>) =>
  db
    .insertInto('desist.journal_member')
    .values({ owner, until })
    .onConflict((conflict) => conflict.column('owner').doUpdateSet((eb) => ({ until: eb.ref('excluded.until') }))),
);
