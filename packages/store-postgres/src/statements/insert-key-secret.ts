/** Adds a secret of a key. Primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';

export const insertKeySecret = statement('insert_key_secret', (db, { id, hash }: Slots<{ id: string; hash: string }>) =>
  db.insertInto('desist.api_key_secret').values({ hash, key_id: id, until_at: null }),
);
