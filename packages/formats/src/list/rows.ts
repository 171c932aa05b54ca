/** Reads the rows of a suppression list: CSV, lines of JSON, or JSON documents such as the pages of a provider's API. */
import { parse } from '#csv-parse';
import { headed, linesIn } from '../chunks.ts';
import { detectFormat } from '../index.ts';
import type { ColumnNames, Kept, ListFormat, ListRow } from './formats.ts';
import { chosenFormat, columnName, fieldsOf, LIST_FORMATS, readRow, recognise } from './formats.ts';
import { ListRefusal } from './refusal.ts';

/** A row, a row that is no suppression, or a problem when it could not be read. */
export type Read = ({ readonly row: ListRow; readonly format: string } | { readonly problem: string } | Kept) & Place;

interface Place {
  /** Where it ends in the file, from 1. Undefined in a JSON document of several lines. */
  readonly line?: number | undefined;
}

export interface Wanted {
  readonly format?: string | undefined;
  readonly columns?: ColumnNames | undefined;
}

/** Leading bytes from which the kind of a file is detected. */
const HEAD = 64 * 1024;

/** Streams the rows of a file's content in UTF-8. @throws ListRefusal when it is no list, or could be several */
export async function* rowsOf(chunks: AsyncIterable<Uint8Array>, wanted: Wanted = {}): AsyncGenerator<Read> {
  yield* read(await rawRowsOf(chunks), wanted);
}

/** What people choose columns from. */
export interface ListSample {
  /** Names as `ColumnNames` takes them: those of a headline in lower case without blanks, otherwise `#1`, `#2`. */
  readonly columns: readonly string[];
  /** Values of the first rows, by the same names. */
  readonly rows: readonly ReadonlyMap<string, string>[];
  /** Name of the format that was recognised. */
  readonly format: string | null;
  readonly refusal: ListRefusal | null;
}

const SAMPLED = 5;

/** The columns and first rows, and what the list is taken for. @throws ListRefusal for a file without rows, or of delivery events */
export async function sampleOf(chunks: AsyncIterable<Uint8Array>): Promise<ListSample> {
  const rows: Raw[] = [];
  for await (const raw of await rawRowsOf(chunks)) {
    rows.push(raw);
    if (rows.length === LOOKED_AT) break;
  }
  const readable = rows.flatMap((raw) => ('fields' in raw ? [raw.fields] : []));
  const names = [...new Set(readable.flatMap((fields) => [...fields.keys()]))];
  const named = names.filter((name) => !name.startsWith('#') && name !== '');
  const isHeadless = rows.some((raw) => 'headless' in raw);
  const columns = isHeadless ? names.filter((name) => name.startsWith('#')) : named;
  try {
    return { columns, rows: readable.slice(0, SAMPLED), format: told(rows).name, refusal: null };
  } catch (error) {
    if (!(error instanceof ListRefusal)) throw error;
    return { columns, rows: readable.slice(0, SAMPLED), format: null, refusal: error };
  }
}

async function rawRowsOf(chunks: AsyncIterable<Uint8Array>): Promise<AsyncGenerator<Raw>> {
  const { head, all } = await headed(chunks, HEAD);
  refuseEvents(head);
  return /^[\s\uFEFF]*[[{]/.test(utf8.decode(head.subarray(0, 256))) ? jsonRows(all) : csvRows(head, all);
}

const utf8 = new TextDecoder();

/** @throws ListRefusal for a file of delivery events: read as a list, it would suppress recipients who received their mail */
function refuseEvents(head: Uint8Array): void {
  const format = detectFormat(head);
  if (format !== undefined) throw new ListRefusal(`these are delivery events (${format.name}), not a suppression list`, 'send_events');
}

// ------------------------------------------------------------------------------------------------ any list

type Raw = ({ readonly fields: ReadonlyMap<string, string>; readonly headless?: true } | { readonly problem: string }) & Place;

/** Rows from whose columns the format is told: those of JSON need not all have the same members. */
const LOOKED_AT = 100;

async function* read(rows: AsyncIterable<Raw>, { format: name, columns }: Wanted): AsyncGenerator<Read> {
  let format = columns === undefined ? LIST_FORMATS.find((one) => one.name === name) : chosenFormat(columns);
  let waiting: Raw[] = [];
  const readOne = (raw: Raw, as: ListFormat): Read => {
    if ('problem' in raw) return raw;
    const { line } = raw;
    const row = readRow(as, raw.fields);
    return 'kept' in row ? { ...row, line } : { row, format: as.name, line };
  };
  for await (const raw of rows) {
    if (format !== undefined) {
      if (columns !== undefined && waiting.length === 0 && !('problem' in raw)) refuseMissing(columns, raw.fields);
      yield readOne(raw, format);
      continue;
    }
    waiting.push(raw);
    if (waiting.length < LOOKED_AT) continue;
    format = told(waiting);
    for (const one of waiting) yield readOne(one, format);
    waiting = [];
  }
  if (format !== undefined || waiting.length === 0) return;
  format = told(waiting);
  for (const one of waiting) yield readOne(one, format);
}

/** @throws ListRefusal */
function told(rows: readonly Raw[]): ListFormat {
  const readable = rows.flatMap((row) => ('fields' in row ? [row.fields] : []));
  const [first] = readable;
  if (first === undefined) throw new ListRefusal(rows.length === 0 ? 'there are no rows' : 'none of the first rows could be read', 'none');
  const columns = new Set(readable.flatMap((row) => [...row.keys()]).filter((name) => !name.startsWith('#')));
  const found = recognise(columns, first);
  if ('format' in found) return found.format;
  throw new ListRefusal(found.problem, found.remedy);
}

/** @throws ListRefusal */
function refuseMissing(columns: ColumnNames, row: ReadonlyMap<string, string>): void {
  const missing = [...columns.values()].find((name) => !row.has(name));
  if (missing === undefined) return;
  const has = [...row.keys()].filter((name) => !name.startsWith('#'));
  throw new ListRefusal(`the list has no column ${missing}; it has ${has.join(', ').slice(0, 200)}`, 'choose_columns');
}

// ------------------------------------------------------------------------------------------------ JSON

/** Members that contain the rows in responses of providers' APIs. */
const WRAPPERS = [
  'SuppressedDestinationSummaries',
  'Suppressions',
  'Bounces',
  'results',
  'items',
  'contacts',
  'data',
  'Data',
  'suppressions',
];
const DOCUMENT_LIMIT = 256 * 1024 * 1024;

async function* jsonRows(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Raw> {
  const lines = linesIn(chunks);
  const first = await lines.next();
  const head = first.done === true ? '' : first.value.text.replace(/^\uFEFF/, '');
  const begun = parsed(head);
  if (begun === undefined) {
    yield* documentRows(head, lines);
    return;
  }
  for (const raw of rowsIn(begun)) yield { ...raw, line: 1 };
  for await (const { text, number } of lines) {
    if (text.trim() === '') continue;
    const value = parsed(text);
    if (value === undefined) yield { problem: 'not JSON', line: number };
    else for (const raw of rowsIn(value)) yield { ...raw, line: number };
  }
}

/** One JSON document of several lines, which must fit into memory. */
async function* documentRows(head: string, lines: AsyncIterable<{ readonly text: string }>): AsyncGenerator<Raw> {
  const texts = [head];
  let size = head.length;
  for await (const { text } of lines) {
    texts.push(text);
    size += text.length;
    if (size > DOCUMENT_LIMIT) throw new ListRefusal('this JSON document is too large; write it as one row per line', 'none');
  }
  const document = parsed(texts.join('\n'));
  if (document === undefined) throw new ListRefusal('neither NDJSON nor a JSON document with a list of rows', 'none');
  yield* rowsIn(document);
}

type Json = Readonly<Record<string, unknown>> | readonly unknown[];

function parsed(text: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Json) : undefined;
  } catch {
    return undefined;
  }
}

/** The rows of a document: its elements, those of the one list in it, or the document itself. */
function* rowsIn(document: Json): Generator<Raw> {
  const list = Array.isArray(document) ? (document as unknown[]) : listIn(document as Readonly<Record<string, unknown>>);
  for (const one of list ?? [document]) {
    if (typeof one === 'string') yield { fields: new Map([['email', one]]) };
    else if (typeof one === 'object' && one !== null && !Array.isArray(one)) yield { fields: fieldsOf(one as Record<string, unknown>) };
    else yield { problem: 'not a JSON object' };
  }
}

/** @throws ListRefusal when there are several lists */
function listIn(document: Readonly<Record<string, unknown>>): readonly unknown[] | undefined {
  const wrapper = WRAPPERS.map((name) => document[name]).find((value) => Array.isArray(value));
  if (wrapper !== undefined) return wrapper as unknown[];
  const found = listsIn(document, '', 3);
  const [list, other] = found;
  if (list !== undefined && other !== undefined)
    throw new ListRefusal(`rows may be in ${found.map(({ path }) => path).join(' or in ')}: leave one of them in the file`, 'none');
  return list?.rows;
}

function listsIn(
  document: Readonly<Record<string, unknown>>,
  prefix: string,
  depth: number,
): readonly { readonly path: string; readonly rows: readonly unknown[] }[] {
  return Object.entries(document).flatMap(([name, value]) => {
    if (Array.isArray(value)) return isList(value) ? [{ path: prefix + name, rows: value as unknown[] }] : [];
    return typeof value === 'object' && value !== null && depth > 1
      ? listsIn(value as Record<string, unknown>, `${prefix}${name}.`, depth - 1)
      : [];
  });
}

/** Objects, or addresses; not the tags of one row. */
function isList(values: readonly unknown[]): boolean {
  return (
    values.length > 0 && values.every((one) => (typeof one === 'object' && one !== null) || (typeof one === 'string' && one.includes('@')))
  );
}

// ------------------------------------------------------------------------------------------------ CSV

/** Characters of one row. */
const ROW_LIMIT = 1 << 20;

async function* csvRows(head: Uint8Array, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Raw> {
  let columns: readonly string[] | undefined;
  let isHeadless = false;
  for await (const { record, info } of csvRecords(delimiterOf(head), chunks)) {
    // Lines that Excel and PowerShell put first.
    if (columns === undefined && /^(?:sep=|#TYPE )/.test(record[0] ?? '')) continue;
    if (columns === undefined) {
      const told = headless(record);
      isHeadless = told !== undefined;
      columns = told ?? record.map(columnName);
      if (!record.some((cell) => cell.includes('@'))) continue;
    }
    const fields = new Map(
      record.flatMap((value, index) => [[columns?.[index] ?? `column${index + 1}`, value] as const, [`#${index + 1}`, value] as const]),
    );
    yield { fields, line: info.lines, ...(isHeadless ? { headless: true } : {}) };
  }
}

interface CsvRecord {
  readonly record: readonly string[];
  readonly info: { readonly lines: number };
}

/** By its events: in a browser the parser is a stream of an early kind, which cannot be iterated. @throws ListRefusal */
async function* csvRecords(delimiter: string, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<CsvRecord> {
  const parser = parse({
    ...{ bom: true, delimiter, info: true, relax_column_count: true, relax_quotes: true, skip_empty_lines: true, trim: true },
    max_record_size: ROW_LIMIT,
  });
  let ready: CsvRecord[] = [];
  parser.on('readable', () => {
    for (let next = parser.read() as CsvRecord | null; next !== null; next = parser.read() as CsvRecord | null) ready.push(next);
  });
  const failed = new Promise<never>((_, reject) => {
    parser.on('error', (error: Error) => reject(new ListRefusal(error.message, 'none')));
  });
  // Somebody who stops reading hears of no error.
  failed.catch(() => undefined);
  const ended = new Promise<void>((resolve) => parser.on('end', () => resolve()));
  const written = (text: string): Promise<void> => new Promise((resolve) => parser.write(text, () => resolve()));
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  for await (const chunk of chunks) {
    const text = decoder.decode(chunk, { stream: true });
    if (text === '') continue;
    await Promise.race([written(text), failed]);
    const records = ready;
    ready = [];
    yield* records;
  }
  parser.end(decoder.decode());
  await Promise.race([ended, failed]);
  yield* ready;
}

/** By the first line that has one of them outside quotes before a comma. */
function delimiterOf(head: Uint8Array): string {
  const [line = ''] = utf8.decode(head).split('\n', 1);
  const bare = line.replaceAll(/"[^"]*"/g, '');
  return /^[^,]*\t/.test(bare) ? '\t' : /^[^,]*;/.test(bare) ? ';' : /^[^,]*\|/.test(bare) ? '|' : ',';
}

/** Columns of a list without a headline, which a cell with an `@` shows. The column behind the address is the reason. */
function headless(record: readonly string[]): readonly string[] | undefined {
  const at = record.flatMap((cell, index) => (cell.includes('@') ? [index] : []));
  const [address, other] = at;
  if (address === undefined) return undefined;
  if (other !== undefined && address !== 0)
    throw new ListRefusal(
      `there is no headline, and addresses may be in the columns ${at.map((index) => index + 1).join(' and ')}`,
      'choose_addresses',
    );
  return record.map((_, index) => (index === address ? 'email' : index === address + 1 ? 'reason' : `column${index + 1}`));
}
