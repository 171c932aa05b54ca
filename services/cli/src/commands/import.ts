/**
 * `desist import`: somebody else's suppression list, through the log. What the source knows is kept: a complaint comes as a complaint, a
 * bounce whose reply says that the mailbox does not exist as that bounce, everything else as an operator's command that names source,
 * reason and moment. Rows are read as they come; after an interruption the same command goes on where it stood.
 */
import { createHash } from 'node:crypto';
import { closeSync, createReadStream, existsSync, openSync, readFileSync, readSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { normaliseAddress, EVENT_VERSION, formatTime, providerOf } from '@desist/contracts';
import { isHardBounce, judge } from '@desist/domain';
import { parse } from 'csv-parse';
import type { Client } from '../client.ts';
import { CommandError, EXIT } from '../exit.ts';
import { linesOf } from '../lines.ts';
import type { ListRow } from '../lists.ts';
import { columnName, fieldsOf, formatOf, LIST_FORMATS, readRow } from '../lists.ts';
import { progress, reporter } from '../terminal.ts';

export interface ImportOptions {
  readonly tenant?: string;
  /** Of unsubscribes and complaints whose list does not say it. */
  readonly stream?: string;
  readonly format?: string;
  readonly by?: string;
  readonly dryRun: boolean;
  readonly progress?: string;
  readonly json: boolean;
}

export interface ImportCounts {
  rows: number;
  readonly formats: Record<string, number>;
  /** Rows that name nobody who is suppressed. */
  notSuppressed: number;
  unreadable: number;
  /** The same address again, in this file. */
  repeated: number;
  /** ... for another reason than before: both are kept. */
  conflicting: number;
  /** On the list already. */
  known: number;
  fresh: number;
  /** Erased: the keyed hash blocks them; nothing readable comes back. */
  forgotten: number;
  readonly kinds: Record<ListRow['kind'], number>;
}

interface Progress {
  readonly file: string;
  rows: number;
  readonly startedAt: number;
  counts: ImportCounts;
}

/** A row as it was read; a problem when it could not be. */
type Read = { readonly row: ListRow; readonly format: string } | { readonly problem: string } | 'not_suppressed';

const BATCH = 5_000;
const PROBLEMS_SHOWN = 10;
/** Addresses of this file that are remembered for repeats: later ones are not counted as such. */
const REMEMBERED = 5_000_000;

export async function runImport(client: Client, file: string, options: ImportOptions): Promise<number> {
  const known = LIST_FORMATS.map(({ name }) => name);
  if (options.format !== undefined && !known.includes(options.format))
    throw new CommandError(EXIT.usage, `--format: must be one of ${[...new Set(known)].join(', ')}`);
  const path = options.progress ?? `${file}.desist-import`;
  const state = begin(file, path, options);
  const skip = state.rows;
  const seen = new Map<string, string>();
  let stopping = false;
  const stop = (): void => {
    if (stopping) process.exit(EXIT.no);
    stopping = true;
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  let batch: { row: ListRow; format: string; address: string }[] = [];
  let position = 0;
  let shownAt = 0;
  const report = reporter();
  try {
    for await (const read of rowsOf(file, options.format)) {
      position += 1;
      if (position <= skip) continue;
      state.counts.rows += 1;
      const usable = note(read, position, state.counts, seen, options);
      if (usable !== undefined) batch.push(usable);
      if (batch.length >= BATCH) {
        await send(client, batch, state, position, path, options);
        batch = [];
        if (stopping) break;
      }
      if (Date.now() - shownAt > 500) {
        shownAt = Date.now();
        report(`${position} rows`);
      }
    }
    if (!stopping) await send(client, batch, state, position, path, options);
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
    progress('');
  }
  if (stopping) {
    console.error(`stopped after row ${state.rows}: the same command goes on from there`);
    return EXIT.no;
  }
  if (!options.dryRun) rmSync(path, { force: true });
  show(state.counts, options);
  return state.counts.rows > 0 && state.counts.unreadable === state.counts.rows ? EXIT.usage : EXIT.done;
}

// ------------------------------------------------------------------------------------------- where it stands

function begin(file: string, path: string, options: ImportOptions): Progress {
  const name = file === '-' ? '-' : fingerprint(file);
  if (file !== '-' && !options.dryRun && existsSync(path)) {
    const kept = JSON.parse(readFileSync(path, 'utf8')) as Progress;
    if (kept.file === name) {
      console.error(`goes on after row ${kept.rows}, as ${path} says`);
      return kept;
    }
    throw new CommandError(EXIT.usage, `${path} is of another file: remove it, or name another one with --progress`);
  }
  const kinds = { bounce: 0, complaint: 0, unsubscribe: 0, other: 0 };
  const counts = {
    rows: 0,
    formats: {},
    notSuppressed: 0,
    unreadable: 0,
    repeated: 0,
    conflicting: 0,
    known: 0,
    fresh: 0,
    forgotten: 0,
    kinds,
  };
  return { file: name, rows: 0, startedAt: Date.now(), counts };
}

/** The file's size and its first 64 KiB: enough to tell another one. */
function fingerprint(file: string): string {
  let size: number;
  const head = Buffer.alloc(65_536);
  try {
    size = statSync(file).size;
    const opened = openSync(file, 'r');
    readSync(opened, head);
    closeSync(opened);
  } catch {
    throw new CommandError(EXIT.missing, `${file}: can not be read`);
  }
  return createHash('sha256').update(String(size)).update(head).digest('base64url').slice(0, 22);
}

// ---------------------------------------------------------------------------------------------------- rows

function note(
  read: Read,
  position: number,
  counts: ImportCounts,
  seen: Map<string, string>,
  { json }: ImportOptions,
): { row: ListRow; format: string; address: string } | undefined {
  if (read === 'not_suppressed') {
    counts.notSuppressed += 1;
    return undefined;
  }
  const normalised = 'problem' in read ? undefined : normaliseAddress(read.row.address);
  if ('problem' in read || normalised?.ok !== true) {
    counts.unreadable += 1;
    const problem = 'problem' in read ? read.problem : `no email address${normalised?.ok === false ? ` (${normalised.problem})` : ''}`;
    if (counts.unreadable <= PROBLEMS_SHOWN) console.error(`row ${position}: ${problem}`);
    if (counts.unreadable === PROBLEMS_SHOWN && !json) console.error('more rows like this are only counted');
    return undefined;
  }
  const { row, format } = read;
  const { address } = normalised;
  counts.formats[format] = (counts.formats[format] ?? 0) + 1;
  counts.kinds[row.kind] += 1;
  const what = `${row.kind} ${row.scope}`;
  const before = seen.get(address);
  if (before !== undefined) {
    counts.repeated += 1;
    if (before !== what) counts.conflicting += 1;
  } else if (seen.size < REMEMBERED) seen.set(address, what);
  return { row, format, address };
}

async function* rowsOf(file: string, wanted: string | undefined): AsyncGenerator<Read> {
  if (file !== '-' && /^[\s\uFEFF]*[[{]/.test(headOf(file))) yield* jsonRows(file, wanted);
  else yield* csvRows(file, wanted);
}

function headOf(file: string): string {
  const head = Buffer.alloc(256);
  try {
    return head.subarray(0, readSync(openSync(file, 'r'), head)).toString('utf8');
  } catch {
    throw new CommandError(EXIT.missing, `${file}: can not be read`);
  }
}

/** Where providers keep the rows in the answers of their interfaces. */
const WRAPPERS = ['SuppressedDestinationSummaries', 'Suppressions', 'results', 'items', 'contacts', 'data', 'Data'];
const DOCUMENT_LIMIT = 256 * 1024 * 1024;

async function* jsonRows(file: string, wanted: string | undefined): AsyncGenerator<Read> {
  let first = true;
  for await (const { text } of linesOf([file])) {
    if (text.trim() === '') continue;
    const value = parsed(text.replace(/^\uFEFF/, ''));
    if (first && (value === undefined || Array.isArray(value) || WRAPPERS.some((name) => Array.isArray(value[name])))) {
      yield* documentRows(file, wanted);
      return;
    }
    first = false;
    yield value === undefined ? { problem: 'not JSON' } : ofFields(fieldsOf(value as Record<string, unknown>), wanted);
  }
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** One JSON document: as large as memory takes it. */
function* documentRows(file: string, wanted: string | undefined): Generator<Read> {
  if (statSync(file).size > DOCUMENT_LIMIT)
    throw new CommandError(EXIT.usage, `${file}: one JSON document of this size; write it as one row per line`);
  const document = parsed(readFileSync(file, 'utf8').replace(/^\uFEFF/, ''));
  const rows: unknown = Array.isArray(document) ? document : WRAPPERS.map((name) => document?.[name]).find((value) => Array.isArray(value));
  if (!Array.isArray(rows)) throw new CommandError(EXIT.usage, `${file}: neither lines of JSON nor a document with a list of rows`);
  for (const row of rows as unknown[]) {
    yield typeof row === 'object' && row !== null
      ? ofFields(fieldsOf(row as Record<string, unknown>), wanted)
      : { problem: 'not a JSON object' };
  }
}

async function* csvRows(file: string, wanted: string | undefined): AsyncGenerator<Read> {
  const input = file === '-' ? process.stdin : createReadStream(file, { highWaterMark: 1 << 18 });
  const delimiter =
    file !== '-' && /^[^,\n]*[;\t]/.test(headOf(file)) ? (headOf(file).split('\n')[0]?.includes('\t') === true ? '\t' : ';') : ',';
  const parser = input.pipe(
    parse({
      bom: true,
      delimiter,
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
      if (columns === undefined) {
        // Without a headline the first column is the address: nobody calls a column a@b.
        const headless = record[0]?.includes('@') === true;
        columns = headless ? ['email', 'reason'] : record.map(columnName);
        if (!headless && formatOf(columns) === undefined) {
          throw new CommandError(
            EXIT.usage,
            `${file}: no list that is known has these columns (${record.join(', ').slice(0, 200)}); name the address's column "email"`,
          );
        }
        if (!headless) continue;
      }
      yield ofFields(new Map(record.map((value, index) => [columns?.[index] ?? `column${index}`, value])), wanted);
    }
  } catch (error) {
    if (error instanceof CommandError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    throw new CommandError(code === 'ENOENT' ? EXIT.missing : EXIT.usage, `${file}: ${message}`);
  }
}

function ofFields(fields: ReadonlyMap<string, string>, wanted: string | undefined): Read {
  const format = wanted === undefined ? formatOf(fields.keys()) : LIST_FORMATS.find(({ name }) => name === wanted);
  if (format === undefined) return { problem: 'no column that names an address' };
  const row = readRow(format, fields);
  return row === undefined ? 'not_suppressed' : { row, format: format.name };
}

// ------------------------------------------------------------------------------------------------- sending

async function send(
  client: Client,
  batch: readonly { row: ListRow; format: string; address: string }[],
  state: Progress,
  position: number,
  path: string,
  options: ImportOptions,
): Promise<void> {
  const { tenant, stream } = options;
  const { counts } = state;
  const events: object[] = [];
  const commands: object[] = [];
  if (batch.length > 0) {
    const recipients = batch.map(({ address }) => address);
    const { results } = (await client.post('/v1/check', { tenant, stream, recipients })) as {
      results: readonly { readonly allowed: boolean; readonly forgotten?: true }[];
    };
    for (const [index, { row, format, address }] of batch.entries()) {
      const answer = results[index];
      if (answer?.forgotten === true && !answer.allowed) {
        counts.forgotten += 1;
        continue;
      }
      if (answer?.allowed === false) counts.known += 1;
      else counts.fresh += 1;
      const record = recordOf(row, format, address, state.startedAt, options);
      (record.command ? commands : events).push(record.value);
    }
  }
  if (!options.dryRun) {
    for (let from = 0; from < events.length; from += BATCH) await client.post('/v1/events', events.slice(from, from + BATCH));
    if (commands.length > 0) await client.post('/v1/commands', commands, { 'idempotency-key': `import-${state.file}-${position}` });
    state.rows = position;
    if (state.file !== '-') writeFileSync(path, JSON.stringify(state));
  }
}

/** What a row is worth: the event that it tells of when that alone suppresses, otherwise a command with the source's words. */
export function recordOf(
  row: ListRow,
  format: string,
  recipient: string,
  importedAt: number,
  { tenant, stream, by }: Pick<ImportOptions, 'tenant' | 'stream' | 'by'>,
): { readonly command: boolean; readonly value: object } {
  const at = row.at ?? importedAt;
  const occurredAt = formatTime(at);
  const source = `import:${format}`;
  const common = { version: EVENT_VERSION, tenant, recipient, occurredAt };
  const scope = row.scope === '*' ? undefined : row.scope;
  if (row.kind === 'complaint' && row.expiresAt === null) {
    return { command: false, value: { ...common, type: 'complained', stream: scope ?? stream, source } };
  }
  // A list of everything that somebody unsubscribed from is as wide as that: only a named stream makes it an unsubscribe of one.
  if (row.kind === 'unsubscribe' && row.expiresAt === null && (scope ?? stream) !== undefined) {
    return { command: false, value: { ...common, type: 'unsubscribed', stream: scope ?? stream, source } };
  }
  if (row.kind === 'bounce' && row.reply !== null && row.scope === '*' && isHardReply(row.reply, recipient)) {
    return {
      command: false,
      value: { ...common, type: 'bounced', smtp: { text: row.reply, code: Number(row.reply.slice(0, 3)) }, source },
    };
  }
  const said = [format, row.kind === 'other' ? '' : row.kind, row.reason, row.reply ?? ''].filter((part) => part !== '');
  const note = [...new Set(said)].join(': ').slice(0, 300);
  return {
    command: true,
    value: {
      ...common,
      type: 'suppress',
      scope: row.scope,
      ...(row.expiresAt === null ? {} : { expiresAt: formatTime(row.expiresAt) }),
      by: by ?? source,
      note,
    },
  };
}

function isHardReply(text: string, recipient: string): boolean {
  const smtp = { text, code: Number(text.slice(0, 3)) };
  const event = { id: '', tenant: '', recipient, occurredAt: 0, type: 'bounced', stream: '', smtp } as const;
  const { verdict } = judge(event, (domain, host) => providerOf(domain, host));
  return verdict.attribution === 'recipient' && verdict.category !== 'recipient_refused' && isHardBounce(verdict);
}

function show(counts: ImportCounts, { dryRun, json }: ImportOptions): void {
  if (json) {
    console.log(JSON.stringify({ ...counts, dryRun }));
    return;
  }
  const { rows, formats, kinds, fresh, known, forgotten, repeated, conflicting, unreadable, notSuppressed } = counts;
  const list = (of: Readonly<Record<string, number>>): string =>
    Object.entries(of)
      .filter(([, count]) => count > 0)
      .map(([name, count]) => `${count} ${name}`)
      .join(', ') || 'none';
  console.log(`${rows} rows, read as: ${list(formats)}`);
  console.log(`  reasons: ${list(kinds)}`);
  console.log(`  ${fresh} new, ${known} suppressed already, ${forgotten} erased before and left alone`);
  if (repeated > 0) console.log(`  ${repeated} repeated in the file, ${conflicting} of them for another reason`);
  if (notSuppressed > 0) console.log(`  ${notSuppressed} rows of people who are not suppressed`);
  if (unreadable > 0) console.log(`  ${unreadable} rows could not be read`);
  console.log(dryRun ? 'nothing was sent (--dry-run)' : 'accepted, durable in the log');
}
