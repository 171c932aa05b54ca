/**
 * `desist import`: somebody else's suppression list, through the log. What the source knows is kept: a complaint comes as a complaint, a
 * bounce whose reply says that the mailbox does not exist as that bounce, everything else as an operator's command that names source,
 * reason and time. Rows are streamed; after an interruption the same command continues at its position.
 */
import { rmSync } from 'node:fs';
import { NAME } from '@desist/formats/event';
import {
  COLUMN_NAMES,
  columnName,
  countRepeat,
  countRow,
  createRepeats,
  IMPORT_REASONS,
  LIST_FORMATS,
  ListRefusal,
  recordOf,
  rowsOf,
  usableRow,
} from '@desist/formats/list';
import type { ColumnNames, ImportCounts, ImportedRow, ImportKind, Read, Remedy, Repeat, Wanted } from '@desist/formats/list';
import type { Client } from '../client.ts';
import { createClient } from '../client.ts';
import { defineCommand, flag, SERVICE_OPTIONS, value } from '../command.ts';
import { CommandError, EXIT } from '../exit.ts';
import type { Progress } from '../import-progress.ts';
import { openProgress, saveProgress } from '../import-progress.ts';
import { createProgress } from '../progress.ts';
import { chunksOf, filesOf, nameOf } from '../read-lines.ts';
import { say, sayJson, warn } from '../terminal.ts';

export const command = defineCommand({
  name: 'import',
  section: 'The list',
  summary: "import another system's suppression list: CSV or JSON, detected by its columns; continues after an interruption",
  operands: { name: 'FILE', summary: 'also compressed; a folder; or - for standard input', least: 1, most: Number.POSITIVE_INFINITY },
  options: {
    dryRun: flag('send nothing; print what becomes of the first ten rows, and of how many'),
    tenant: value('TENANT', 'tenant of the list; default: its column `tenant`, otherwise `default`'),
    stream: value('STREAM', 'stream of unsubscribes and complaints if the list does not name one'),
    format: value('FORMAT', 'do not detect the format by the columns'),
    columns: value(
      'NAME=COLUMN,…',
      `where to find ${COLUMN_NAMES.join(', ')}: names or numbers of columns, such as address=2,since=created`,
    ),
    as: value('KIND', 'import every row as bounce, complaint, unsubscribe or operator, also what would not be a suppression by its reply'),
    by: value('WHO', 'default: import:FORMAT'),
    progress: value('FILE', 'progress file; default FILE.desist-import'),
    ...SERVICE_OPTIONS,
  },
  examples: [
    'desist import bounces.csv --dry-run',
    'desist import suppressions.json --tenant acme --stream marketing',
    'desist import crm.csv --columns address=E-mail,reason=Cause,since=Added',
  ],
  run: ({ operands, options }) => runImports(operands, options),
});

interface ImportOptions {
  readonly url?: string;
  readonly columns?: string;
  readonly as?: string;
  readonly tenant?: string;
  readonly stream?: string;
  readonly format?: string;
  readonly by?: string;
  readonly dryRun: boolean;
  readonly progress?: string;
  readonly json: boolean;
}

/** What a row becomes, for people. */
interface Preview {
  readonly row: number;
  readonly address: string | null;
  readonly becomes: string;
}

/** State of one import. */
interface Import {
  readonly wanted: Wanted;
  readonly as: ImportKind | undefined;
  readonly preview: Preview[];
  readonly client: Client;
  readonly state: Progress;
  /** Path of the progress file. */
  readonly path: string;
  readonly options: ImportOptions;
  readonly repeatOf: (row: ImportedRow) => Repeat | undefined;
}

const BATCH = 5_000;
const PROBLEMS_SHOWN = 10;
/** What to do about a file that is refused, in the words of this command. */
const ADVICE: Readonly<Record<Remedy, string>> = {
  name_addresses: '; call the column of addresses "email", or name it with --columns address=…',
  choose_addresses: ': say where with --columns address=…',
  choose_columns: ': name others with --columns',
  choose_format: ': say which with --format',
  take_every_row: ': --columns address=… takes every row',
  send_events: ': `desist replay` shows their effect, `desist normalise` and POST /v1/events accept them',
  none: '',
};

async function runImports(operands: readonly string[], options: ImportOptions): Promise<number> {
  const known = LIST_FORMATS.map(({ name }) => name);
  if (options.format !== undefined && !known.includes(options.format))
    throw new CommandError(EXIT.usage, `--format: must be one of ${known.join(', ')}; for any other table name its columns with --columns`);
  if (options.tenant !== undefined && !NAME.test(options.tenant))
    throw new CommandError(EXIT.usage, `--tenant: ${options.tenant} is not a name like ${NAME.source}`);
  const as = options.as === undefined ? undefined : IMPORT_REASONS.get(options.as);
  if (options.as !== undefined && as === undefined)
    throw new CommandError(EXIT.usage, `--as: must be one of ${[...IMPORT_REASONS.keys()].join(', ')}`);
  const columns = options.columns === undefined ? undefined : columnsOf(options.columns);
  if (columns !== undefined && options.format !== undefined)
    throw new CommandError(EXIT.usage, '--columns and --format exclude each other');
  const files = filesOf(operands);
  if (files.length > 1 && options.progress !== undefined)
    throw new CommandError(EXIT.usage, '--progress: only for one file; each file has a progress file of its own');
  const client = createClient(options.url);
  let worst: number = EXIT.done;
  for (const file of files) {
    if (files.length > 1 && !options.json) say(`${file}:`);
    const code = await runImport({ client, as, wanted: { format: options.format, columns } }, file, options);
    worst = Math.max(worst, code);
    if (code === EXIT.no) break;
  }
  return worst;
}

/** @throws CommandError */
function columnsOf(text: string): ColumnNames {
  const columns = new Map<(typeof COLUMN_NAMES)[number], string>();
  for (const pair of text.split(',')) {
    const sign = pair.indexOf('=');
    const name = COLUMN_NAMES.find((one) => one === pair.slice(0, sign).trim());
    const column = pair.slice(sign + 1).trim();
    const key = /^\d{1,3}$/.test(column) ? `#${column}` : columnName(column);
    if (name === undefined || sign === -1 || key === '' || columns.has(name))
      throw new CommandError(
        EXIT.usage,
        `--columns: ${pair.slice(0, 80)} is not one of ${COLUMN_NAMES.join(', ')} with a column, as in address=Email`,
      );
    columns.set(name, key);
  }
  if (!columns.has('address')) throw new CommandError(EXIT.usage, '--columns: address=… is missing');
  return columns;
}

async function runImport(
  { client, as, wanted }: Pick<Import, 'client' | 'as' | 'wanted'>,
  file: string,
  options: ImportOptions,
): Promise<number> {
  const path = options.progress ?? `${file}.desist-import`;
  const work: Import = {
    client,
    as,
    wanted,
    state: openProgress(file, path, options),
    path,
    options,
    repeatOf: createRepeats(),
    preview: [],
  };
  const { state } = work;
  const skip = state.rows;
  let stopping = false;
  const stop = (): void => {
    if (stopping) process.exit(EXIT.no);
    stopping = true;
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  let batch: ImportedRow[] = [];
  let position = 0;
  const progress = createProgress('rows');
  try {
    for await (const read of rowsOf(chunksOf(file), wanted)) {
      position += 1;
      if (position <= skip) continue;
      const usable = note(work, read, position);
      if (usable !== undefined) batch.push(usable);
      if (batch.length >= BATCH) {
        await send(work, batch, position);
        batch = [];
        if (stopping) break;
      }
      progress.at(position);
    }
    if (!stopping) await send(work, batch, position);
  } catch (error) {
    if (!(error instanceof ListRefusal)) throw error;
    throw new CommandError(EXIT.usage, `${nameOf(file)}: ${error.message}${ADVICE[error.remedy]}`);
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
    progress.end();
  }
  if (stopping) {
    warn(`stopped after row ${state.rows}: run the same command to continue`);
    return EXIT.no;
  }
  if (!options.dryRun) rmSync(path, { force: true });
  show(state.counts, work.preview, options);
  return state.counts.rows > 0 && state.counts.unreadable === state.counts.rows ? EXIT.usage : EXIT.done;
}

/** Counts the row. Undefined: there is nothing to send. */
function note(work: Import, read: Read, position: number): ImportedRow | undefined {
  const { state, options, as } = work;
  const { counts } = state;
  const usable = usableRow(read, { as, tenant: options.tenant });
  if ('kept' in usable) {
    const why = usable.trouble === true ? `${usable.kept}; --as bounce imports it` : usable.kept;
    countRow(counts, usable, why);
    preview(work, () => ({ row: position, address: usable.address ?? null, becomes: `not a suppression: ${why}` }));
    return undefined;
  }
  countRow(counts, usable);
  if ('problem' in usable) {
    if (counts.unreadable <= PROBLEMS_SHOWN) warn(`row ${position}: ${usable.problem}`);
    if (counts.unreadable === PROBLEMS_SHOWN && !options.json) warn('further rows with this problem are only counted');
    preview(work, () => ({ row: position, address: null, becomes: `unreadable: ${usable.problem}` }));
    return undefined;
  }
  countRepeat(counts, work.repeatOf(usable));
  preview(work, () => ({
    row: position,
    address: usable.address,
    becomes: recordOf(usable, { ...options, importedAt: state.startedAt }).becomes,
  }));
  return usable;
}

const ROWS_SHOWN = 10;

/** `row` is made only if it is shown: it costs a look at the reply. */
function preview({ preview: rows, options }: Import, row: () => Preview): void {
  if (options.dryRun && rows.length < ROWS_SHOWN) rows.push(row());
}

// ------------------------------------------------------------------------------------------------- sending

async function send(work: Import, batch: readonly ImportedRow[], position: number): Promise<void> {
  const { client, state, path, options } = work;
  const events: object[] = [];
  const commands: object[] = [];
  for (const rows of Map.groupBy(batch, ({ tenant }) => tenant).values()) {
    for (const row of await sendable(work, rows)) {
      const record = recordOf(row, { ...options, importedAt: state.startedAt });
      (record.command ? commands : events).push(record.value);
      if (record.amend !== undefined) commands.push(record.amend);
    }
  }
  if (options.dryRun) return;
  for (let from = 0; from < events.length; from += BATCH) await client.post('/v1/events', events.slice(from, from + BATCH));
  for (let from = 0; from < commands.length; from += BATCH) {
    const key = `import-${state.file}-${position}${from === 0 ? '' : `-${from}`}`;
    await client.post('/v1/commands', commands.slice(from, from + BATCH), { 'idempotency-key': key });
  }
  state.rows = position;
  if (state.file !== '-') saveProgress(path, state);
}

/** The rows without erased recipients, so that nothing readable of them returns. All rows are of one tenant. */
async function sendable(
  { client, state: { counts }, options: { stream } }: Import,
  rows: readonly ImportedRow[],
): Promise<readonly ImportedRow[]> {
  const { results } = (await client.post('/v1/check', {
    tenant: rows[0]?.tenant,
    stream,
    recipients: rows.map(({ address }) => address),
  })) as {
    results: readonly { readonly allowed: boolean; readonly forgotten?: true }[];
  };
  return rows.filter((_, index) => {
    const answer = results[index];
    const erased = answer?.forgotten === true && !answer.allowed;
    counts[erased ? 'forgotten' : answer?.allowed === false ? 'known' : 'fresh'] += 1;
    return !erased;
  });
}

function show(counts: ImportCounts, first: readonly Preview[], { dryRun, json }: ImportOptions): void {
  if (json) {
    sayJson({ ...counts, dryRun, ...(dryRun ? { first } : {}) });
    return;
  }
  const { rows, formats, kinds, fresh, known, forgotten, repeated, conflicting, unreadable } = counts;
  const { notSuppressed, notSuppressedBecause, scopes, timesUnread } = counts;
  const list = (of: Readonly<Record<string, number>>): string =>
    Object.entries(of)
      .filter(([, count]) => count > 0)
      .map(([name, count]) => `${count} ${name}`)
      .join(', ') || 'none';
  for (const { row, address, becomes } of first) say(`row ${row}: ${address === null ? '' : `${address}: `}${becomes}`);
  say(`${rows} rows, format: ${list(formats)}`);
  say(`  reasons: ${list(kinds)}`);
  if (Object.keys(scopes).some((scope) => scope !== '*')) say(`  streams: ${list(scopes)} (* is all of them)`);
  say(`  ${fresh} new, ${known} already suppressed, ${forgotten} erased before and skipped`);
  if (repeated > 0) say(`  ${repeated} repeated in the file, ${conflicting} of them with another reason`);
  if (timesUnread > 0) say(`  ${timesUnread} with a time that could not be read: they count from now`);
  if (notSuppressed > 0) say(`  ${notSuppressed} rows that are not suppressions:`);
  for (const [because, count] of Object.entries(notSuppressedBecause)) say(`    ${count}: ${because}`);
  if (unreadable > 0) say(`  ${unreadable} rows could not be read`);
  say(dryRun ? 'nothing was sent (--dry-run)' : 'accepted, durable in the log');
}
