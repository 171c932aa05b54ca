/**
 * Many rows in one statement of constant text: one array per column, and `unnest` makes rows of them. A column is declared once, with its
 * type and how it follows from a row, so that names and arrays cannot get out of step.
 */
import { sql } from 'kysely';
import type { RawBuilder } from 'kysely';
import { slot } from './statement.ts';

/** `json`: text that is JSON. */
export type BulkType = 'text' | 'integer' | 'bigint' | 'boolean' | 'json' | 'bytea';

export type BulkColumns<Row> = Readonly<Record<string, readonly [BulkType, (row: Row) => unknown]>>;

/** The parameters of a statement that takes many rows. */
export interface Rows<Row> {
  readonly rows: readonly Row[];
}

export interface Bulk {
  /** `tenant, address, …` */
  readonly names: RawBuilder<unknown>;
  /** `unnest($1::text[], $2::text[], …) as k (tenant, address, …)`, for a FROM. */
  readonly unnest: RawBuilder<unknown>;
  /** `version = excluded.version, …` of all columns but the key. */
  updates(key: readonly string[]): RawBuilder<unknown>;
}

export function bulk<Row>(columns: BulkColumns<Row>): Bulk {
  const entries = Object.entries(columns);
  const list = (of: (name: string, type: BulkType) => RawBuilder<unknown>): RawBuilder<unknown> =>
    sql.join(entries.map(([name, [type]]) => of(name, type)));
  const names = list((name) => sql.ref(name));
  const arrays = sql.join(entries.map(([, [type, value]]) => arrayOf(type, value)));
  // Arrays of bytea are the one thing that the two drivers write differently: both write text.
  const unnest = entries.some(([, [type]]) => type === 'bytea')
    ? sql`(select ${list((name, type) => (type === 'bytea' ? sql`decode(${sql.ref(name)}, 'hex') as ${sql.ref(name)}` : sql.ref(name)))}
             from unnest(${arrays}) as hexadecimal (${names})) as k`
    : sql`unnest(${arrays}) as k (${names})`;
  return {
    names,
    unnest,
    updates: (key) =>
      sql.join(entries.filter(([name]) => !key.includes(name)).map(([name]) => sql`${sql.ref(name)} = excluded.${sql.ref(name)}`)),
  };
}

/**
 * JSON texts travel as one text with a separator that JSON cannot hold unescaped. As an array parameter every quote and backslash in
 * them would be escaped by the client and unescaped by the server, which costs more than the rest of the row.
 */
const SEPARATOR = '\u001f';
const NOTHING = '\u001e';

function arrayOf(type: BulkType, value: (row: never) => unknown): RawBuilder<unknown> {
  const column = <T>(convert: (values: unknown[]) => T): RawBuilder<T> => slot(({ rows }: Rows<never>) => convert(rows.map(value)));
  switch (type) {
    case 'json':
      return sql`string_to_array(${column((texts) => joined(texts as (string | null)[]))}, E'\\x1f', E'\\x1e')`;
    case 'bytea':
      return sql`${column((values) => textArray(values.map((bytes) => hexOf(bytes as Uint8Array | null))))}::text[]`;
    case 'text':
      return sql`${column((values) => textArray(values as (string | null)[]))}::text[]`;
    default:
      return sql`${column((values) => plainArray(values as (number | boolean | null)[]))}::${sql.raw(type)}[]`;
  }
}

/**
 * An array in Postgres' own text format, a column at a time: the drivers would escape value by value, and most columns hold nothing that must
 * be escaped.
 */
export function textArray(values: readonly (string | null | undefined)[]): string {
  const isPlain = !values.some((value) => value === null || value === undefined) && !/["\\]/.test(values.join(''));
  if (isPlain) return values.length === 0 ? '{}' : `{"${values.join('","')}"}`;
  return `{${values.map((value) => (value === null || value === undefined ? 'NULL' : `"${value.replace(/["\\]/g, '\\$&')}"`)).join(',')}}`;
}

/** Of numbers and booleans. */
function plainArray(values: readonly (number | boolean | null | undefined)[]): string {
  return `{${values.map((value) => value ?? 'NULL').join(',')}}`;
}

function joined(texts: readonly (string | null)[]): string {
  return texts.map((text) => text ?? NOTHING).join(SEPARATOR);
}

function hexOf(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}
