/** The JSON Schemas of the topics, as they stand in `packages/contracts/schemas`, compiled once when first asked. */
import { readFileSync } from 'node:fs';
import { Compile } from 'typebox/schema';

export const SCHEMA_NAMES = ['delivery-event', 'command', 'change', 'suppressions', 'incident', 'incident-change'] as const;
export type SchemaName = (typeof SCHEMA_NAMES)[number];

/** From `src` and from `dist` alike. */
export function schemaOf(name: SchemaName): object {
  return JSON.parse(readFileSync(new URL(`../schemas/${name}.schema.json`, import.meta.url), 'utf8')) as object;
}

const compiled = new Map<SchemaName, ReturnType<typeof Compile>>();

/** Null when the value is as the schema says; otherwise the first thing that is not, with its place. */
export function schemaProblem(name: SchemaName, value: unknown): string | null {
  let validator = compiled.get(name);
  if (validator === undefined) compiled.set(name, (validator = Compile(schemaOf(name) as never)));
  if (validator.Check(value)) return null;
  const [, [first]] = validator.Errors(value) as readonly [boolean, readonly { readonly instancePath: string; readonly message: string }[]];
  return first === undefined ? 'not as the schema says' : `${first.instancePath === '' ? 'value' : first.instancePath}: ${first.message}`;
}
