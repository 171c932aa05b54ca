/** Reads the rows of a suppression list: CSV, lines of JSON, or JSON documents such as the pages of a provider's API. */
import { detectFormat } from '@desist/formats';
import { parse } from 'csv-parse';
import { Readable } from 'node:stream';
import { CommandError, EXIT } from './exit.ts';
import type { ColumnNames, Kept, ListFormat, ListRow } from './import-formats.ts';
import { chosenFormat, columnName, fieldsOf, LIST_FORMATS, readRow, recognise } from './import-formats.ts';
import { chunksOf, headed, linesIn, nameOf } from './read-lines.ts';

/** A row, a row that is no suppression, or a problem when it could not be read. */
export type Read = { readonly row: ListRow; readonly format: string } | { readonly problem: string } | Kept;

export interface Wanted {
  readonly format?: string | undefined;
  readonly columns?: ColumnNames | undefined;
}

/** Leading bytes from which the kind of a file is detected. */
const HEAD = 64 * 1024;

/** Streams the rows. @throws CommandError when the file is no list, or could be several */
export async function* rowsOf(file: string, wanted: Wanted = {}): AsyncGenerator<Read> {
  const { head, all: chunks } = await headed(chunksOf(file), HEAD);
  refuseEvents(file, head);
  const rows = /^[\s\uFEFF]*[[{]/.test(head.subarray(0, 256).toString('utf8')) ? jsonRows(file, chunks) : csvRows(file, head, chunks);
  yield* read(file, rows, wanted);
}

/** @throws CommandError for a file of delivery events: read as a list, it would suppress recipients who received their mail */
function refuseEvents(file: string, head: Buffer): void {
  const format = detectFormat(head);
  if (format === undefined) return;
  throw new CommandError(
    EXIT.usage,
    `${nameOf(file)}: these are delivery events (${format.name}), not a suppression list: \`desist replay\` shows their effect, \`desist normalise\` and POST /v1/events accept them`,
  );
}

// ------------------------------------------------------------------------------------------------ any list

type Raw = ReadonlyMap<string, string> | { readonly problem: string };

/** Rows from whose columns the format is told: those of JSON need not all have the same members. */
const LOOKED_AT = 100;

async function* read(file: string, rows: AsyncIterable<Raw>, { format: name, columns }: Wanted): AsyncGenerator<Read> {
  let format = columns === undefined ? LIST_FORMATS.find((one) => one.name === name) : chosenFormat(columns);
  let waiting: Raw[] = [];
  const readOne = (raw: Raw, as: ListFormat): Read => {
    if ('problem' in raw) return raw;
    const row = readRow(as, raw);
    return 'kept' in row ? row : { row, format: as.name };
  };
  for await (const raw of rows) {
    if (format !== undefined) {
      if (columns !== undefined && waiting.length === 0 && !('problem' in raw)) refuseMissing(file, columns, raw);
      yield readOne(raw, format);
      continue;
    }
    waiting.push(raw);
    if (waiting.length < LOOKED_AT) continue;
    format = told(file, waiting);
    for (const one of waiting) yield readOne(one, format);
    waiting = [];
  }
  if (format !== undefined || waiting.length === 0) return;
  format = told(file, waiting);
  for (const one of waiting) yield readOne(one, format);
}

/** @throws CommandError */
function told(file: string, rows: readonly Raw[]): ListFormat {
  const readable = rows.filter((row) => !('problem' in row)) as readonly ReadonlyMap<string, string>[];
  const [first] = readable;
  if (first === undefined) throw new CommandError(EXIT.usage, `${nameOf(file)}: none of the first rows could be read`);
  const columns = new Set(readable.flatMap((row) => [...row.keys()]).filter((name) => !name.startsWith('#')));
  const found = recognise(columns, first);
  if ('format' in found) return found.format;
  throw new CommandError(EXIT.usage, `${nameOf(file)}: ${found.problem}`);
}

/** @throws CommandError */
function refuseMissing(file: string, columns: ColumnNames, row: ReadonlyMap<string, string>): void {
  const missing = [...columns.values()].find((name) => !row.has(name));
  if (missing !== undefined)
    throw new CommandError(
      EXIT.usage,
      `--columns: ${nameOf(file)} has no column ${missing}; it has ${[...row.keys()]
        .filter((name) => !name.startsWith('#'))
        .join(', ')
        .slice(0, 200)}`,
    );
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

async function* jsonRows(file: string, chunks: AsyncIterable<Buffer>): AsyncGenerator<Raw> {
  const lines = linesIn(chunks);
  const first = await lines.next();
  const head = first.done === true ? '' : first.value.text.replace(/^\uFEFF/, '');
  const begun = parsed(head);
  if (begun === undefined) {
    yield* documentRows(file, head, lines);
    return;
  }
  yield* rowsIn(file, begun);
  for await (const { text } of lines) {
    if (text.trim() === '') continue;
    const value = parsed(text);
    if (value === undefined) yield { problem: 'not JSON' };
    else yield* rowsIn(file, value);
  }
}

/** One JSON document of several lines, which must fit into memory. */
async function* documentRows(file: string, head: string, lines: AsyncIterable<{ readonly text: string }>): AsyncGenerator<Raw> {
  const texts = [head];
  let size = head.length;
  for await (const { text } of lines) {
    texts.push(text);
    size += text.length;
    if (size > DOCUMENT_LIMIT)
      throw new CommandError(EXIT.usage, `${nameOf(file)}: this JSON document is too large; write it as one row per line`);
  }
  const document = parsed(texts.join('\n'));
  if (document === undefined) throw new CommandError(EXIT.usage, `${nameOf(file)}: neither NDJSON nor a JSON document with a list of rows`);
  yield* rowsIn(file, document);
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
function* rowsIn(file: string, document: Json): Generator<Raw> {
  const list = Array.isArray(document) ? (document as unknown[]) : listIn(file, document as Readonly<Record<string, unknown>>);
  for (const one of list ?? [document]) {
    if (typeof one === 'string') yield new Map([['email', one]]);
    else if (typeof one === 'object' && one !== null && !Array.isArray(one)) yield fieldsOf(one as Record<string, unknown>);
    else yield { problem: 'not a JSON object' };
  }
}

/** @throws CommandError when there are several lists */
function listIn(file: string, document: Readonly<Record<string, unknown>>): readonly unknown[] | undefined {
  const wrapper = WRAPPERS.map((name) => document[name]).find((value) => Array.isArray(value));
  if (wrapper !== undefined) return wrapper as unknown[];
  const found = listsIn(document, '', 3);
  const [list, other] = found;
  if (list !== undefined && other !== undefined)
    throw new CommandError(
      EXIT.usage,
      `${nameOf(file)}: rows may be in ${found.map(({ path }) => path).join(' or in ')}: leave one of them in the file`,
    );
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

async function* csvRows(file: string, head: Buffer, chunks: AsyncIterable<Buffer>): AsyncGenerator<Raw> {
  const parser = Readable.from(chunks).pipe(
    parse({
      bom: true,
      delimiter: delimiterOf(head),
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
      trim: true,
      max_record_size: 1 << 20,
    }),
  );
  let columns: readonly string[] | undefined;
  try {
    for await (const record of parser as AsyncIterable<string[]>) {
      // Lines that Excel and PowerShell put first.
      if (columns === undefined && /^(?:sep=|#TYPE )/.test(record[0] ?? '')) continue;
      if (columns === undefined) {
        columns = headless(file, record) ?? record.map(columnName);
        if (!record.some((cell) => cell.includes('@'))) continue;
      }
      yield new Map(
        record.flatMap((value, index) => [[columns?.[index] ?? `column${index + 1}`, value] as const, [`#${index + 1}`, value] as const]),
      );
    }
  } catch (error) {
    if (error instanceof CommandError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    throw new CommandError(code === 'ENOENT' ? EXIT.missing : EXIT.usage, `${nameOf(file)}: ${message}`);
  }
}

/** By the first line that has one of them outside quotes before a comma. */
function delimiterOf(head: Buffer): string {
  const [line = ''] = head.toString('utf8').split('\n', 1);
  const bare = line.replaceAll(/"[^"]*"/g, '');
  return /^[^,]*\t/.test(bare) ? '\t' : /^[^,]*;/.test(bare) ? ';' : /^[^,]*\|/.test(bare) ? '|' : ',';
}

/** Columns of a list without a headline, which a cell with an `@` shows. The column behind the address is the reason. */
function headless(file: string, record: readonly string[]): readonly string[] | undefined {
  const at = record.flatMap((cell, index) => (cell.includes('@') ? [index] : []));
  const [address, other] = at;
  if (address === undefined) return undefined;
  if (other !== undefined && address !== 0)
    throw new CommandError(
      EXIT.usage,
      `${nameOf(file)}: there is no headline, and addresses may be in the columns ${at.map((index) => index + 1).join(' and ')}: say where with --columns address=${address + 1}`,
    );
  return record.map((_, index) => (index === address ? 'email' : index === address + 1 ? 'reason' : `column${index + 1}`));
}
