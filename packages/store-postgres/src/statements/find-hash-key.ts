/** The key that was kept. Locks nothing; the only row. */
import { statement } from '@desist/postgres';

export const findHashKey = statement('find_hash_key', (db) => db.selectFrom('desist.hash_key').select(['fingerprint', 'key']));
