/** One value of a policy after another, to compare what each would decide. */
import type { Policy, PolicySet } from '@desist/domain';
import { valueOf } from './layer.ts';
import { pulledAlong } from './rules.ts';
import { FIELDS, snake } from './schema.ts';
import { canonical, policySet } from './version.ts';

export interface Variation {
  /** As in the file: `deferral.suppress_after`. */
  readonly path: string;
  /** As they are written in the file. */
  readonly values: readonly string[];
}

export interface VariedPolicy {
  /** The varied values by their paths. */
  readonly values: Readonly<Record<string, string>>;
  readonly policies: PolicySet;
}

export type Varied = { readonly ok: true; readonly varied: readonly VariedPolicy[] } | { readonly ok: false; readonly problem: string };

/**
 * The policies with every combination of these values. Tenants and streams that have the installation's value have the varied one. Values that
 * must not be above (or below) a varied one are pulled along with it: a shorter `suppress_after` shortens `soft_bounce_after`.
 */
export function varyPolicy(policies: PolicySet, variations: readonly Variation[]): Varied {
  let varied: readonly VariedPolicy[] = [{ values: {}, policies }];
  for (const { path, values } of variations) {
    const named = FIELDS.find(({ section, key }) => `${snake(section)}.${key}` === path);
    if (named === undefined) return { ok: false, problem: `${path} is no value of a policy, as in deferral.suppress_after` };
    const parsed: { readonly text: string; readonly value: unknown }[] = [];
    for (const text of values) {
      const one = named.field.parse({ kind: 'scalar', text, quoted: false });
      if (!one.ok) return { ok: false, problem: `${path} ${one.problem}` };
      parsed.push({ text, value: one.value });
    }
    varied = varied.flatMap((before) =>
      parsed.map(({ text, value }) => ({
        values: { ...before.values, [path]: text },
        policies: withValue(before.policies, named.id, value),
      })),
    );
  }
  for (const { values, policies: one } of varied) {
    for (const { path, values: wanted } of variations) {
      const id = FIELDS.find(({ section, key }) => `${snake(section)}.${key}` === path)?.id ?? '';
      const field = FIELDS.find((known) => known.id === id)?.field;
      const kept = field?.parse({ kind: 'scalar', text: values[path] ?? wanted[0] ?? '', quoted: false });
      if (kept?.ok === true && canonical(kept.value) !== canonical(valueOf(one.base, id))) {
        const all = Object.entries(values).map(([key, text]) => `${key}=${text}`);
        return { ok: false, problem: `${all.join(' and ')} cannot hold together` };
      }
    }
  }
  return { ok: true, varied };
}

function withValue(set: PolicySet, id: string, value: unknown): PolicySet {
  const before = canonical(valueOf(set.base, id));
  const change = (policy: Policy): Policy =>
    canonical(valueOf(policy, id)) === before ? pulledAlong(replaced(policy, id, value), id) : policy;
  const tenants = [...set.tenants].map(([name, { base, streams }]) => {
    return [name, { base: change(base), streams: new Map([...streams].map(([stream, own]) => [stream, change(own)])) }] as const;
  });
  return policySet({ base: change(set.base), tenants: new Map(tenants), ...(set.rules === undefined ? {} : { rules: set.rules }) });
}

function replaced(policy: Policy, id: string, value: unknown): Policy {
  const [section = '', name = ''] = id.split('.');
  const tree = policy as unknown as Record<string, Record<string, unknown>>;
  return { ...policy, [section]: { ...tree[section], [name]: value } };
}
