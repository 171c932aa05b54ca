/** Writes a policy as a file, for people and for `readPolicyFile`. */
import type { Attribution, Category, Rule } from '@desist/verdicts';
import type { Policy, PolicySet } from '@desist/domain';
import { Document, isSeq, visit } from 'yaml';
import { valueOf } from './layer.ts';
import { FIELDS, snake } from './schema.ts';
import { canonical } from './version.ts';
import { BUILT_IN } from './words.ts';

type Tree = Record<string, unknown>;

/**
 * YAML with every value of the base, and those values of tenants and streams that differ from what they inherit.
 * Durations are in the largest unit that fits (`3d` for 72 h). Reading the result gives the same version. A shadow policy is named, if its
 * name is known.
 */
export function writePolicy({ base, tenants, rules = [], shadow }: PolicySet): string {
  const named = shadow?.name === undefined ? {} : { shadow: shadow.name };
  const tree: Tree = { version: 1, ...named, ...sectionsOf(base, undefined), attribution: attributionOf(base, undefined) };
  if (rules.length > 0) tree['rules'] = Object.fromEntries(rules.map((rule) => [rule.name.replace(/^own\./, ''), ruleTree(rule)]));
  tree['tenants'] = sortedTree(tenants, (tenant) => {
    const streams = sortedTree(tenant.streams, (stream) => differences(stream, tenant.base));
    return { ...differences(tenant.base, base), ...(tenant.streams.size === 0 ? {} : { streams }) };
  });
  const document = new Document(tree, { aliasDuplicateObjects: false });
  visit(document, {
    Seq: (_, node) => {
      if (isSeq(node)) node.flow = true;
    },
  });
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

function ruleTree({ provider, code, enhanced, text, unless, category, attribution, example }: Rule): Tree {
  const entries = Object.entries({ provider, code, enhanced, text, unless, category, attribution, example });
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

function differences(policy: Policy, inherited: Policy): Tree {
  const attribution = attributionOf(policy, inherited);
  return { ...sectionsOf(policy, inherited), ...(Object.keys(attribution).length === 0 ? {} : { attribution }) };
}

function sectionsOf(policy: Policy, inherited: Policy | undefined): Tree {
  const tree: Record<string, Tree> = {};
  for (const { id, section, key, field } of FIELDS) {
    const value = valueOf(policy, id);
    if (inherited !== undefined && canonical(value) === canonical(valueOf(inherited, id))) continue;
    (tree[snake(section)] ??= {})[key] = field.format(value);
  }
  return tree;
}

/** An entry that reverts an inherited override has the value of the built-in table. */
function attributionOf(policy: Policy, inherited: Policy | undefined): Partial<Record<Category, Attribution>> {
  const found: Partial<Record<Category, Attribution>> = {};
  for (const [category, builtIn] of BUILT_IN) {
    const value = policy.attribution[category] ?? builtIn;
    if (value !== (inherited?.attribution[category] ?? builtIn)) found[category] = value;
  }
  return found;
}

function sortedTree<T>(entries: ReadonlyMap<string, T>, of: (value: T) => Tree): Tree {
  const names = [...entries.keys()].sort();
  return Object.fromEntries(names.map((name) => [name, of(entries.get(name) as T)]));
}
