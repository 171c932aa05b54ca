/** Binds the database to the first input that is given. Locks nothing; primary key of the only row. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';

export const bindInput = statement('bind_input', (db, { topic, partitions }: Slots<{ topic: string; partitions: number }>) =>
  db
    .insertInto('desist.input')
    .values({ topic, partitions })
    .onConflict((conflict) => conflict.column('single').doNothing()),
);
