/** One value of a policy after another, to compare what each would decide. */
import type { Policy, PolicySet } from '@desist/domain';
import { valueOf, withValue } from './layer.ts';
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
  let varied: readonly Chosen[] = [{ values: {}, policies, chosen: new Map() }];
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
        policies: withValueIn(before.policies, named.id, value),
        chosen: new Map([...before.chosen, [named.id, value]]),
      })),
    );
  }
  for (const { values, policies: one, chosen } of varied) {
    // A later one may have pulled an earlier one along.
    if ([...chosen].every(([id, value]) => canonical(value) === canonical(valueOf(one.base, id)))) continue;
    const all = Object.entries(values).map(([key, text]) => `${key}=${text}`);
    return { ok: false, problem: `${all.join(' and ')} cannot hold together` };
  }
  return { ok: true, varied: varied.map(({ values, policies: one }) => ({ values, policies: one })) };
}

interface Chosen extends VariedPolicy {
  /** The varied values by the ids of their fields. */
  readonly chosen: ReadonlyMap<string, unknown>;
}

function withValueIn(set: PolicySet, id: string, value: unknown): PolicySet {
  const before = canonical(valueOf(set.base, id));
  const change = (policy: Policy): Policy =>
    canonical(valueOf(policy, id)) === before ? pulledAlong(withValue(policy, id, value), id) : policy;
  const tenants = [...set.tenants].map(([name, { base, streams }]) => {
    return [name, { base: change(base), streams: new Map([...streams].map(([stream, own]) => [stream, change(own)])) }] as const;
  });
  return policySet({ base: change(set.base), tenants: new Map(tenants), ...(set.rules === undefined ? {} : { rules: set.rules }) });
}
