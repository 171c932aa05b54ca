/** One level of the file (the installation, a tenant, a stream): its own values, and the values after inheritance. */
import { DEFAULT_POLICY } from '@desist/domain';
import type { Attribution, Category } from '@desist/verdicts';
import type { Policy } from '@desist/domain';
import { FIELDS } from './schema.ts';
import { BUILT_IN } from './words.ts';

/** A value and its place in the file. */
export interface Written {
  readonly offset: number;
  readonly path: string;
  /** Undefined when it could not be read. That has been reported, so no further checks apply. */
  readonly value: unknown;
}

export interface Layer {
  /** By the id of the field. */
  readonly values: ReadonlyMap<string, Written>;
  readonly attribution: ReadonlyMap<Category, Attribution>;
}

/** A level after inheritance. `depth` of a value: the level that wrote it; 0 is the base of the file, -1 the defaults. */
export interface Resolved {
  readonly depth: number;
  readonly values: ReadonlyMap<string, { readonly value: unknown; readonly depth: number; readonly written: Written | undefined }>;
  readonly attribution: ReadonlyMap<Category, Attribution>;
}

export const DEFAULTS: Resolved = {
  depth: -1,
  values: new Map(FIELDS.map(({ id }) => [id, { value: valueOf(DEFAULT_POLICY, id), depth: -1, written: undefined }])),
  attribution: new Map(),
};

/** The layer's own values override the inherited ones. */
export function inherit(parent: Resolved, layer: Layer): Resolved {
  const depth = parent.depth + 1;
  const values = new Map(parent.values);
  for (const [id, written] of layer.values) values.set(id, { value: written.value, depth, written });
  return { depth, values, attribution: new Map([...parent.attribution, ...layer.attribution]) };
}

/** Call only for a file without mistakes, in which every value was read. */
export function policyOf({ values, attribution }: Resolved): Policy {
  const sections: Record<string, Record<string, unknown>> = {};
  for (const { id, section, name } of FIELDS) (sections[section] ??= {})[name] = values.get(id)?.value;
  return { ...sections, attribution: withoutBuiltIn(attribution) } as unknown as Policy;
}

/** Drops overrides that equal the built-in table. */
function withoutBuiltIn(attribution: ReadonlyMap<Category, Attribution>): Policy['attribution'] {
  return Object.fromEntries([...attribution].filter(([category, value]) => BUILT_IN.get(category) !== value));
}

/** The policy with another value of a field. */
export function withValue(policy: Policy, id: string, value: unknown): Policy {
  const [section = '', name = ''] = id.split('.');
  const tree = policy as unknown as Record<string, Record<string, unknown>>;
  return { ...policy, [section]: { ...tree[section], [name]: value } };
}

/** The value of a field, by its id. */
export function valueOf(policy: Policy, id: string): unknown {
  const [section = '', name = ''] = id.split('.');
  return (policy as unknown as Record<string, Record<string, unknown>>)[section]?.[name];
}
