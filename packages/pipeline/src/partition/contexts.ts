/** What a fold needs to know of a tenant: its policy, and the provider baseline as the tenant's own mail shows it. */
import { baselineAnswer, tenantPolicy } from '@desist/domain';
import type { AskBaseline, FoldContext, PolicySet, Tenant } from '@desist/domain';

export type ContextOf = (tenant: Tenant) => FoldContext;

/** The shadow policy of an installation, as the fold needs it. */
export interface ShadowPolicy {
  readonly version: string;
  readonly contextOf: ContextOf;
}

/** Both policies read the same counts; how many of them it takes is each policy's own. */
export function createShadowPolicy({ shadow }: PolicySet, askOf: (tenant: Tenant) => AskBaseline): ShadowPolicy | undefined {
  if (shadow === undefined) return undefined;
  const contextOf = createContexts(shadow, (tenant) => {
    const ask = askOf(tenant);
    const { base } = tenantPolicy(shadow, tenant);
    return (provider, closesAt) => {
      const found = ask(provider, closesAt);
      return found === undefined ? undefined : baselineAnswer(base, closesAt, found.deliveries, found.failing);
    };
  });
  return { version: shadow.version, contextOf };
}

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
