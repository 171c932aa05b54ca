/** The JSON Schemas of the topics, from `packages/contracts/schemas`. Each is compiled on first use. */
import { readFileSync } from 'node:fs';
import { Compile } from 'typebox/schema';

export const SCHEMA_NAMES = ['delivery-event', 'command', 'change', 'suppressions', 'incident', 'incident-change'] as const;
export type SchemaName = (typeof SCHEMA_NAMES)[number];

/** The path works from `src` and from `dist`. */
export function schemaOf(name: SchemaName): object {
  return JSON.parse(readFileSync(new URL(`../schemas/${name}.schema.json`, import.meta.url), 'utf8')) as object;
}

const compiled = new Map<SchemaName, ReturnType<typeof Compile>>();

/** Null when the value matches the schema; otherwise the first mismatch with its place. */
export function schemaProblem(name: SchemaName, value: unknown): string | null {
  let validator = compiled.get(name);
  if (validator === undefined) compiled.set(name, (validator = Compile(schemaOf(name) as never)));
  if (validator.Check(value)) return null;
  const [, [first]] = validator.Errors(value) as readonly [boolean, readonly { readonly instancePath: string; readonly message: string }[]];
  return first === undefined
    ? 'does not match the schema'
    : `${first.instancePath === '' ? 'value' : first.instancePath}: ${first.message}`;
}
