/** Keeps the first key that is given, for ever. Locks nothing; primary key of the only row. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';

export const keepHashKey = statement('keep_hash_key', (db, { fingerprint, key }: Slots<{ fingerprint: string; key: string | null }>) =>
  db
    .insertInto('desist.hash_key')
    .values({ fingerprint, key })
    .onConflict((conflict) => conflict.column('single').doNothing()),
);
