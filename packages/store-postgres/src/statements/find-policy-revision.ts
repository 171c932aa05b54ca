/** Which policy is in force, without its text; no row while none was put in force. Locks nothing; primary keys. */
import { statement } from '@desist/postgres';

export const findPolicyRevision = statement('find_policy_revision', (db) =>
  db
    .selectFrom('desist.policy_revision as r')
    .innerJoin('desist.policy as p', 'p.revision', 'r.revision')
    .select(['p.revision', 'p.version', 'p.shadow_version as shadowVersion']),
);
