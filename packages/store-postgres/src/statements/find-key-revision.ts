/** How often keys were changed. Locks nothing; the only row. */
import { statement } from '@desist/postgres';

export const findKeyRevision = statement('find_key_revision', (db) => db.selectFrom('desist.api_key_revision').select('revision'));
