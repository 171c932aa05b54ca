/** The store of the policy in force on SQL. */
import { isSamePolicy, POLICIES_KEPT } from '@desist/pipeline';
import type { PolicyStore } from '@desist/pipeline';
import type { Database } from '@desist/postgres';
import { noteActs } from './audit-trail.ts';
import { dropOldPolicies } from './statements/drop-old-policies.ts';
import { findPolicyInForce } from './statements/find-policy-in-force.ts';
import { findPolicyRevision } from './statements/find-policy-revision.ts';
import { insertPolicy } from './statements/insert-policy.ts';
import { lockPolicy } from './statements/lock-policy.ts';
import { setPolicyRevision } from './statements/set-policy-revision.ts';
import { wasInForce } from './statements/was-in-force.ts';

export function createPolicyStore(db: Database): PolicyStore {
  return {
    revisionInForce: async () => (await findPolicyRevision.first(db, {})) ?? null,
    inForce: async () => (await findPolicyInForce.first(db, {})) ?? null,
    putInForce: (policy, which, entry) =>
      db.transaction(async (tx) => {
        const before = (await lockPolicy.first(tx, {}))?.revision ?? 0;
        const now = await findPolicyRevision.first(tx, {});
        if (now !== undefined && isSamePolicy(now, policy)) return 'same';
        if (which === 'new' && (await wasInForce.first(tx, policy))?.was === true) return 'superseded';
        const revision = before + 1;
        await insertPolicy.run(tx, { ...policy, revision });
        await setPolicyRevision.run(tx, { revision });
        await dropOldPolicies.run(tx, { upTo: revision - POLICIES_KEPT });
        await noteActs(tx, [{ ...entry, target: String(revision) }]);
        return 'put';
      }),
  };
}
