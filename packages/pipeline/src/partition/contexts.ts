/** What a fold needs to know of a tenant: its policy, and the provider baseline as the tenant's own mail shows it. */
import { tenantPolicy } from '@desist/domain';
import type { AskBaseline, FoldContext, PolicySet, Tenant } from '@desist/domain';

export type ContextOf = (tenant: Tenant) => FoldContext;

/** Tenants come from outside: only so many are remembered. */
const REMEMBERED = 10_000;

export function createContexts(policies: PolicySet, askOf: (tenant: Tenant) => AskBaseline): ContextOf {
  const contexts = new Map<Tenant, FoldContext>();
  return (tenant) => {
    let context = contexts.get(tenant);
    if (context === undefined) {
      context = { policies: tenantPolicy(policies, tenant), policyVersion: policies.version, askBaseline: askOf(tenant) };
      if (contexts.size >= REMEMBERED) contexts.clear();
      contexts.set(tenant, context);
    }
    return context;
  };
}
