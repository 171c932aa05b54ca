/** Lets one change of keys follow another. Locks the only row until the transaction ends. */
import { statement } from '@desist/postgres';

export const lockKeys = statement('lock_keys', (db) => db.selectFrom('desist.api_key_revision').select('revision').forUpdate());
