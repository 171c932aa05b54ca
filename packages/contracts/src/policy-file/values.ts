/** A policy as a list of values, for people who look at it or compare two. */
import type { Policy, PolicySet } from '@desist/domain';
import { DEFAULT_POLICY } from '@desist/domain';
import { valueOf } from './layer.ts';
import { FIELDS, snake } from './schema.ts';
import { BUILT_IN } from './words.ts';

export interface PolicyValue {
  /** Whose own line it is; null: of the whole installation. */
  readonly tenant: string | null;
  /** As in the file: `deferral.suppress_after`, `tenants.acme.streams.news.deferral.suppress_after`, `rules.full`. */
  readonly path: string;
  /** As it is written in a file. */
  readonly value: string;
  /** What would hold without this line; null for a rule. */
  readonly inherited: string | null;
}

/** Every value of the base; of tenants and streams those that differ from what they inherit; then the own rules. In the order of the file. */
export function policyValues({ base, tenants, rules = [] }: PolicySet): readonly PolicyValue[] {
  const values = valuesOf('', base, DEFAULT_POLICY, true).map((one): PolicyValue => ({ tenant: null, ...one }));
  for (const [name, tenant] of sorted(tenants)) {
    const own = [
      ...valuesOf(`tenants.${name}.`, tenant.base, base),
      ...sorted(tenant.streams).flatMap(([stream, policy]) => valuesOf(`tenants.${name}.streams.${stream}.`, policy, tenant.base)),
    ];
    values.push(...own.map((one) => ({ tenant: name, ...one })));
  }
  for (const { name, provider, code, enhanced, text, category, attribution } of rules) {
    const conditions = Object.entries({ provider, code, enhanced, text }).filter(([, one]) => one !== undefined);
    const asked = conditions.map(([key, one]) => `${key} ${String(one)}`).join(', ');
    const becomes = [category, attribution].filter((one) => one !== undefined).join(', ');
    values.push({ tenant: null, path: `rules.${name.replace(/^own\./, '')}`, value: `${asked} → ${becomes}`, inherited: null });
  }
  return values;
}

/** A value that another policy has. */
export interface PolicyDifference {
  readonly tenant: string | null;
  readonly path: string;
  /** Null: there is no such line, and what it inherits holds. */
  readonly from: string | null;
  readonly to: string | null;
}

/** Lines that are not the same in both, in the order of the first. */
export function policyDifferences(before: readonly PolicyValue[], after: readonly PolicyValue[]): readonly PolicyDifference[] {
  const [from, to] = [byPath(before), byPath(after)];
  return [...new Map([...from, ...to]).values()]
    .map(({ tenant, path }) => ({ tenant, path, from: from.get(path)?.value ?? null, to: to.get(path)?.value ?? null }))
    .filter((one) => one.from !== one.to);
}

/** What a shadow policy decides otherwise by; null: there is none. Values that have no effect in one are left out. */
export function shadowDifferences(policies: PolicySet): readonly PolicyDifference[] | null {
  if (policies.shadow === undefined) return null;
  return policyDifferences(policyValues(policies), policyValues(policies.shadow)).filter(
    ({ path }) => !WITHOUT_EFFECT.has(path.split('.').at(-2) ?? ''),
  );
}

/** Sections that concern the installation, or what is published. */
const WITHOUT_EFFECT: ReadonlySet<string> = new Set(['incidents', 'sender_incidents', 'publish']);

function byPath(values: readonly PolicyValue[]): ReadonlyMap<string, PolicyValue> {
  return new Map(values.map((one) => [one.path, one]));
}

type Value = Omit<PolicyValue, 'tenant'>;

/** `all`: also those that are what they inherit. */
function valuesOf(prefix: string, policy: Policy, inherited: Policy, all = false): readonly Value[] {
  const fields = FIELDS.map(({ id, section, key, field }) => {
    const text = (of: Policy): string => textOf(field.format(valueOf(of, id)));
    return { path: `${prefix}${snake(section)}.${key}`, value: text(policy), inherited: text(inherited) };
  });
  return [...fields.filter(({ value, inherited: before }) => all || value !== before), ...attributions(prefix, policy, inherited)];
}

function attributions(prefix: string, policy: Policy, inherited: Policy): readonly Value[] {
  return [...BUILT_IN].flatMap(([category, builtIn]) => {
    const value = policy.attribution[category] ?? builtIn;
    const before = inherited.attribution[category] ?? builtIn;
    return value === before ? [] : [{ path: `${prefix}attribution.${category}`, value, inherited: before }];
  });
}

function textOf(value: unknown): string {
  return Array.isArray(value) ? `[${value.map(textOf).join(', ')}]` : String(value);
}

function sorted<T>(entries: ReadonlyMap<string, T>): readonly (readonly [string, T])[] {
  return [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
}
