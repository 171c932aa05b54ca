/** Validates requests against their schemas. Every mistake says what is wrong, where, and what is required. */
import type { FastifyRequest, FastifySchemaCompiler } from 'fastify';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import type { TLocalizedValidationError } from 'typebox/error';
import { Settings } from 'typebox/system';
import type { Mistake } from '../schemas/problem.ts';
import { Problem } from './problem.ts';

/** Largest number of mistakes in one response. */
export const MOST_MISTAKES = 100;
// A setting of the whole process. By default the library stops after 8 errors.
Settings.Set({ maxErrors: MOST_MISTAKES });

type Part = 'body' | 'parameter' | 'header';
type Finding = TLocalizedValidationError;

/** A validator that returns the mistakes of a value, at most 100; none when it matches the schema. */
export function validatorOf(schema: TSchema, part: Part = 'body'): (value: unknown) => readonly Mistake[] {
  const compiled = Compile(schema);
  return (value) => (compiled.Check(value) ? [] : mistakesOf(compiled.Errors(value), schema, part));
}

export const compileValidator: FastifySchemaCompiler<TSchema> = ({ schema, httpPart = 'body' }) => {
  const part: Part = httpPart === 'querystring' || httpPart === 'params' ? 'parameter' : httpPart === 'headers' ? 'header' : 'body';
  const validate = validatorOf(schema, part);
  return (given) => {
    const value = httpPart === 'querystring' ? withIntegers(schema, given) : (given as unknown);
    const mistakes = validate(value);
    return mistakes.length === 0 ? { value } : { error: badRequest(mistakes) };
  };
};

export function badRequest(mistakes: readonly Mistake[]): Problem {
  const [first, ...others] = mistakes;
  const more = others.length === 0 ? '' : ` ${others.length} more in \`errors\`.`;
  return new Problem(400, `${first?.detail ?? 'The request has mistakes'}.${more}`, { members: { errors: mistakes } });
}

/** For operations that may be sent without a body. */
export async function bodyOrNothing(request: FastifyRequest): Promise<void> {
  request.body ??= {};
}

/** Converts integers in a query string, whose values are text, where the schema requires them. */
function withIntegers(schema: TSchema, query: unknown): unknown {
  const { properties = {} } = schema as { properties?: Readonly<Record<string, { readonly type?: unknown }>> };
  const entries = Object.entries(query as Readonly<Record<string, unknown>>).map(([name, value]) => {
    const wanted = Object.hasOwn(properties, name) && properties[name]?.type === 'integer';
    return [name, wanted && typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value];
  });
  return Object.fromEntries(entries) as unknown;
}

/** One mistake per place: the first one found there. */
function mistakesOf(findings: readonly Finding[], schema: TSchema, part: Part): readonly Mistake[] {
  const byPlace = new Map<string, Mistake>();
  for (const finding of findings.filter(isPlain)) {
    for (const [place, wanted] of wantedBy(finding, schema)) {
      if (!byPlace.has(place)) byPlace.set(place, mistakeAt(place, wanted, part));
    }
  }
  if (byPlace.size === 0) byPlace.set('', mistakeAt('', 'does not match the schema', part));
  return [...byPlace.values()].slice(0, MOST_MISTAKES);
}

/** For a union with null, only the errors of the other schema are reported, not those of the union. */
function isPlain(finding: Finding): boolean {
  if (finding.keyword === 'anyOf' || finding.keyword === 'boolean') return false;
  return finding.keyword !== 'type' || finding.params.type !== 'null';
}

/** Places (JSON pointers) with what is required there. */
function wantedBy(finding: Finding, schema: TSchema): readonly (readonly [string, string])[] {
  const { instancePath: at } = finding;
  switch (finding.keyword) {
    case 'required':
      return finding.params.requiredProperties.map((name) => [`${at}/${escaped(name)}`, 'must be given']);
    case 'additionalProperties':
      return finding.params.additionalProperties.map((name) => [`${at}/${escaped(name)}`, `is unknown; known: ${knownNames(schema)}`]);
    case '~refine': {
      // The message of a `Rule` begins with the member at which it is reported.
      const [, name, wanted] = /^(\w+): (.+)$/.exec(finding.params.message) ?? [];
      return name === undefined || wanted === undefined ? [[at, finding.params.message]] : [[`${at}/${name}`, wanted]];
    }
    default:
      return [[at, `${sentenceOf(finding)}${exampleOf(subschema(schema, finding.schemaPath))}`]];
  }
}

function sentenceOf(finding: Finding): string {
  switch (finding.keyword) {
    case 'type':
      return `must be ${[finding.params.type].flat().map(nameOfType).join(' or ')}`;
    case 'enum':
      return `must be one of ${finding.params.allowedValues.filter((value) => typeof value === 'string').join(', ')}`;
    case 'const':
      return `must be ${JSON.stringify(finding.params.allowedValue)}`;
    case 'pattern':
      return `must match ${String(finding.params.pattern)}`;
    case 'format':
      return finding.params.format === 'date-time' ? 'must be an RFC 3339 time' : `must be of the format ${finding.params.format}`;
    case 'minLength':
      return `must have at least ${finding.params.limit} characters`;
    case 'maxLength':
      return `must have at most ${finding.params.limit} characters`;
    case 'minItems':
      return `must have at least ${finding.params.limit} items`;
    case 'maxItems':
      return `must have at most ${finding.params.limit} items; send several requests`;
    case 'minimum':
      return `must be at least ${String(finding.params.limit)}`;
    case 'maximum':
      return `must be at most ${String(finding.params.limit)}`;
    default:
      return finding.message;
  }
}

function nameOfType(type: string): string {
  return type === 'null' ? 'null' : `${/^[aio]/.test(type) ? 'an' : 'a'} ${type}`;
}

function exampleOf(schema: TSchema): string {
  const { examples: [example] = [] } = schema as { examples?: readonly unknown[] };
  return typeof example === 'string' ? `, for example ${example}` : '';
}

function knownNames(schema: TSchema): string {
  return Object.keys((schema as { properties?: object }).properties ?? {}).join(', ') || 'none';
}

function subschema(schema: TSchema, path: string): TSchema {
  let found: unknown = schema;
  for (const step of path.split('/').slice(1)) found = (found as Readonly<Record<string, unknown>> | undefined)?.[unescaped(step)];
  return (found ?? {}) as TSchema;
}

function mistakeAt(place: string, wanted: string, part: Part): Mistake {
  const steps = place.split('/').slice(1).map(unescaped).map(shown);
  const detail = `${steps.join('.') || `the ${part}`}: ${wanted}`;
  if (part === 'body') return { detail, pointer: `#${steps.map((step) => `/${encodeURIComponent(escaped(step))}`).join('')}` };
  const [name = ''] = steps;
  return part === 'parameter' ? { detail, parameter: name } : { detail, header: name };
}

/** Member names come from the caller and may be addresses, so unusual ones are not repeated. */
function shown(step: string): string {
  return /^[A-Za-z0-9_-]{1,64}$/.test(step) ? step : '(a name that is not repeated here)';
}

function escaped(step: string): string {
  return step.replaceAll('~', '~0').replaceAll('/', '~1');
}

function unescaped(step: string): string {
  return step.replaceAll('~1', '/').replaceAll('~0', '~');
}
