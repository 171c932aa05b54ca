/** Lets one change of the policy in force follow another. Locks the only row until the transaction ends. */
import { statement } from '@desist/postgres';

export const lockPolicy = statement('lock_policy', (db) => db.selectFrom('desist.policy_revision').select('revision').forUpdate());
