/** Says that keys were changed. Locks the only row. */
import { statement } from '@desist/postgres';

export const raiseKeyRevision = statement('raise_key_revision', (db) =>
  db.updateTable('desist.api_key_revision').set((eb) => ({ revision: eb('revision', '+', 1) })),
);
