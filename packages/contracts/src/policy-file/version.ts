/** The version of a policy: a hash of its effective values, not of its text. */
import { createHash } from 'node:crypto';
import type { Policy, PolicySet, TenantPolicy } from '@desist/domain';
import { DEFAULT_POLICY } from '@desist/domain';

type Policies = Pick<PolicySet, 'base' | 'tenants' | 'rules'>;

/**
 * `sha256:` and the hex hash of the canonical form: JSON with sorted keys, every value resolved (defaults too),
 * durations in ms, the installation's own rules in their order. Tenants and streams that only inherit are left out.
 */
export function policyVersion(policies: Policies): string {
  const { base, tenants, rules } = withoutRepetition(policies);
  const named = [...tenants].map(([name, { base: own, streams }]) => [
    name,
    {
      base: withoutLaterDefaults(own),
      streams: Object.fromEntries([...streams].map(([stream, policy]) => [stream, withoutLaterDefaults(policy)])),
    },
  ]);
  return `sha256:${createHash('sha256')
    .update(
      canonical({
        base: withoutLaterDefaults(base),
        tenants: Object.fromEntries(named) as object,
        ...(rules === undefined ? {} : { rules }),
      }),
    )
    .digest('hex')}`;
}

/** Values that came later are named where they differ from the defaults: the version of what was written before stays what it was. */
function withoutLaterDefaults({ incidents, senderIncidents, engagement, ...rest }: Policy): object {
  const own = {
    ...(isDefault('senderIncidents', senderIncidents) ? {} : { senderIncidents }),
    ...(isDefault('engagement', engagement) ? {} : { engagement }),
  };
  if (isDefault('incidents', incidents)) return { ...rest, ...own };
  const { tenants, ...before } = incidents;
  return { ...rest, ...own, incidents: tenants === DEFAULT_POLICY.incidents.tenants ? before : incidents };
}

function isDefault<S extends keyof Policy>(section: S, value: Policy[S]): boolean {
  return canonical(value) === canonical(DEFAULT_POLICY[section]);
}

/** The policies with their version. */
export function policySet(policies: Policies): PolicySet {
  return { version: policyVersion(policies), ...withoutRepetition(policies) };
}

/** The policies that apply without a policy file. */
export function defaultPolicies(): PolicySet {
  return policySet({ base: DEFAULT_POLICY, tenants: new Map() });
}

function withoutRepetition({ base, tenants, rules }: Policies): Policies {
  const kept = new Map<string, TenantPolicy>();
  for (const [name, tenant] of tenants) {
    const streams = new Map([...tenant.streams].filter(([, own]) => !isSame(own, tenant.base)));
    if (streams.size > 0 || !isSame(tenant.base, base)) kept.set(name, { base: tenant.base, streams });
  }
  return { base, tenants: kept, ...(rules === undefined || rules.length === 0 ? {} : { rules }) };
}

function isSame(a: Policy, b: Policy): boolean {
  return canonical(a) === canonical(b);
}

/** JSON with the keys of every object sorted by their UTF-16 units. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return `{${entries.map(([key, one]) => `${JSON.stringify(key)}:${canonical(one)}`).join(',')}}`;
}
