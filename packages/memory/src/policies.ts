/** In-memory store of the policy in force for tests: the same answers as the database store. */
import { isSamePolicy, POLICIES_KEPT } from '@desist/pipeline';
import type { AuditTrail, PolicyStore, StoredPolicy } from '@desist/pipeline';
import { createMemoryTrail } from './audit-trail.ts';

export function createMemoryPolicies(trail: Pick<AuditTrail, 'note'> = createMemoryTrail()): PolicyStore {
  const policies: StoredPolicy[] = [];
  return {
    revisionInForce: async () => policies.at(-1) ?? null,
    inForce: async () => policies.at(-1) ?? null,
    async putInForce(policy, which, entry) {
      const now = policies.at(-1);
      if (now !== undefined && isSamePolicy(now, policy)) return 'same';
      if (which === 'new' && policies.some((one) => isSamePolicy(one, policy))) return 'superseded';
      const revision = (now?.revision ?? 0) + 1;
      policies.push({ ...policy, revision });
      policies.splice(0, policies.length - POLICIES_KEPT);
      await trail.note([{ ...entry, target: String(revision) }]);
      return 'put';
    },
  };
}
