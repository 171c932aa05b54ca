/** Notes the identity of a database that has none yet, as its first incarnation. Locks the only row when it makes it. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';

export const beginIncarnations = statement('begin_incarnations', (db, { identity }: Slots<{ identity: string }>) =>
  db
    .insertInto('desist.incarnation')
    .values({ identity })
    .onConflict((conflict) => conflict.column('single').doNothing()),
);
