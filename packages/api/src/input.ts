/** Reading what callers send: bodies, query strings and addresses, each mistake as a problem that says what is wanted. */
import { NAME, normaliseAddress, parseTime } from '@desist/contracts';
import type { FastifyInstance } from 'fastify';
import type { Caller } from './access.ts';
import { Problem } from './problem.ts';

/** Items of one request. */
export const ITEM_LIMIT = 10_000;

/** Lines of NDJSON, unparsed: one bad line is that item's error and not the request's. */
export class Lines {
  readonly lines: readonly string[];

  constructor(lines: readonly string[]) {
    this.lines = lines;
  }
}

const NDJSON = ['application/x-ndjson', 'application/ndjson'];
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** JSON as the framework parses it (it refuses `__proto__`), but never with replaced bytes in an address. */
export function readBodies(app: FastifyInstance): void {
  const parseJson = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    const text = decode(body as Buffer);
    if (text === undefined) done(notUtf8());
    else void parseJson(request, text, done);
  });
}

export function readLines(app: FastifyInstance): void {
  app.addContentTypeParser(NDJSON, { parseAs: 'buffer' }, (_request, body, done) => {
    const text = decode(body as Buffer);
    if (text === undefined) done(notUtf8());
    else done(null, new Lines(text.split('\n').filter((line) => line.trim() !== '')));
  });
}

function decode(body: Buffer): string | undefined {
  try {
    return utf8.decode(body);
  } catch {
    return undefined;
  }
}

function notUtf8(): Problem {
  return new Problem(400, 'The body is not UTF-8.');
}

/** The body as an object, or a problem. */
export function objectOf(body: unknown): Readonly<Record<string, unknown>> {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw new Problem(400, 'The body must be a JSON object.');
  return body as Readonly<Record<string, unknown>>;
}

/** One or several items, at least one and not too many. */
export function itemsOf(body: unknown): readonly unknown[] {
  const items = body instanceof Lines ? body.lines : Array.isArray(body) ? (body as unknown[]) : [body];
  if (body === undefined || body === null || items.length === 0) throw new Problem(400, 'The body has no items.');
  checkCount(items);
  return items;
}

export function checkCount(items: readonly unknown[]): void {
  if (items.length > ITEM_LIMIT)
    throw new Problem(400, `${items.length} items in one request; at most ${ITEM_LIMIT}. Send several requests.`);
}

/** A tenant or stream; `default` when it is not given. */
export function nameOf(value: unknown, field: string): string {
  if (value === undefined || value === null) return 'default';
  if (typeof value === 'string' && NAME.test(value)) return value;
  throw new Problem(400, `${field}: must be a name like ${NAME.source}`);
}

export function addressOf(text: string, field: string): string {
  const normalised = normaliseAddress(text);
  if (normalised.ok) return normalised.address;
  throw new Problem(400, `${field}: must be an email address (${normalised.problem})`);
}

/** A query string of known parameters, each given once: a filter that is misspelt must not list everything. */
export function queryOf<K extends string>(query: unknown, known: readonly K[]): Readonly<Partial<Record<K, string>>> {
  for (const [name, value] of Object.entries(query as Record<string, unknown>)) {
    if (!(known as readonly string[]).includes(name))
      throw new Problem(400, `There is a parameter that this path does not have. It has: ${known.join(', ')}.`);
    if (typeof value !== 'string') throw new Problem(400, `${name}: given more than once`);
  }
  return query as Partial<Record<K, string>>;
}

export function limitOf(text: string | undefined): number {
  if (text === undefined) return 100;
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > 1_000) throw new Problem(400, 'limit: must be a whole number from 1 to 1000');
  return limit;
}

export function timeOf(text: string, field: string): number {
  const time = parseTime(text);
  if (time === undefined) throw new Problem(400, `${field}: must be an RFC 3339 time, like 2026-03-01T10:00:00Z (a + is written %2B)`);
  return time;
}

/** What is said by whom: a key's name is known for certain, a person's is what the caller says. */
export function byOf(given: unknown, { name }: Caller): unknown {
  if (name === null) return given;
  return typeof given === 'string' && given !== '' ? `${given} (key ${name})` : (given ?? `key ${name}`);
}
