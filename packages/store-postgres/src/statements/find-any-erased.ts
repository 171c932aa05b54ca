/** Whether somebody of a partition was ever erased. Locks nothing; index forgotten_partition. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';

export const findAnyErased = statement('find_any_erased', (db, { partition }: Slots<{ partition: number }>) =>
  db.selectNoFrom((eb) => eb.exists(eb.selectFrom('desist.forgotten').select('hash').where('partition', '=', partition)).as('any')),
);
