/** The policy in force; no row while none was put in force. Locks nothing; primary keys. */
import { statement } from '@desist/postgres';

export const findPolicyInForce = statement('find_policy_in_force', (db) =>
  db
    .selectFrom('desist.policy_revision as r')
    .innerJoin('desist.policy as p', 'p.revision', 'r.revision')
    .select(['p.revision', 'p.version', 'p.shadow_version as shadowVersion', 'p.file', 'p.shadow_file as shadowFile', 'p.since', 'p.by']),
);
