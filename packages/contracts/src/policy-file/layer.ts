/** One level of the file (the whole installation, a tenant, a stream): what it says itself and what comes of it. */
import { DEFAULT_POLICY } from '@desist/domain';
import type { Attribution, Category, Policy } from '@desist/domain';
import { FIELDS } from './schema.ts';
import { BUILT_IN } from './words.ts';

/** A value and where it was written. */
export interface Written {
  readonly offset: number;
  readonly path: string;
  /** Undefined when it could not be read: that was reported, and nothing more is said about it. */
  readonly value: unknown;
}

export interface Layer {
  /** By the id of the field. */
  readonly values: ReadonlyMap<string, Written>;
  readonly attribution: ReadonlyMap<Category, Attribution>;
}

/** A level after inheritance. `from`: the level that wrote a value; 0 is the base of the file, undefined the defaults. */
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

/** What the layer says wins over what it inherits. */
export function inherit(parent: Resolved, layer: Layer): Resolved {
  const depth = parent.depth + 1;
  const values = new Map(parent.values);
  for (const [id, written] of layer.values) values.set(id, { value: written.value, depth, written });
  return { depth, values, attribution: new Map([...parent.attribution, ...layer.attribution]) };
}

/** Only of a file without mistakes: then every value was read. */
export function policyOf({ values, attribution }: Resolved): Policy {
  const sections: Record<string, Record<string, unknown>> = {};
  for (const { id, section, name } of FIELDS) (sections[section] ??= {})[name] = values.get(id)?.value;
  return { ...sections, attribution: withoutBuiltIn(attribution) } as unknown as Policy;
}

/** An override that says what the table says anyway is none. */
function withoutBuiltIn(attribution: ReadonlyMap<Category, Attribution>): Policy['attribution'] {
  return Object.fromEntries([...attribution].filter(([category, value]) => BUILT_IN.get(category) !== value));
}

/** The value of a field, by its id. */
export function valueOf(policy: Policy, id: string): unknown {
  const [section = '', name = ''] = id.split('.');
  return (policy as unknown as Record<string, Record<string, unknown>>)[section]?.[name];
}
