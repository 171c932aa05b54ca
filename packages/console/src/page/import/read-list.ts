/**
 * Reads a suppression list in the browser, as the command line reads it; only its rows are sent.
 *
 *   file ──> unpack ──> UTF-8 ──> columns ──> rows, a thousand at a time
 */
import { headed, inUtf8 } from '@desist/formats/chunks';
import { contentHash, formatTime } from '@desist/formats/event';
import { COLUMN_NAMES, createRepeats, LIST_FORMATS, ListRefusal, rowsOf, sampleOf, usableRow } from '@desist/formats/list';
import type { ColumnNames, ImportedRow, Read, Remedy, Repeat } from '@desist/formats/list';
import type { SentRow } from '../api/types.ts';
import { unpackedOf } from '../unpack.ts';
import type { Help, ListFile, ListRows, ListSampled, Reading } from './messages.ts';

const AT_ONCE = 1_000;
/** Bytes that tell files apart, with their size. */
const FINGERPRINTED = 64 * 1024;
const SHOWN = 60;

const HELP: Readonly<Record<Remedy, Help>> = {
  name_addresses: 'name',
  choose_addresses: 'name',
  choose_columns: 'name',
  take_every_row: 'every_row',
  choose_format: 'format',
  send_events: 'try',
  none: 'none',
};

export async function sampleList(file: ListFile): Promise<ListSampled> {
  const common = {
    kind: 'sampled',
    roles: COLUMN_NAMES,
    formats: LIST_FORMATS.map(({ name }) => name),
    fingerprint: await fingerprintOf(file),
  } as const;
  try {
    const { columns, rows, format, refusal } = await sampleOf(await contentOf(file));
    return {
      ...common,
      columns: columns.map((name) => ({ name, examples: rows.flatMap((row) => (row.get(name) ?? '').slice(0, SHOWN) || []) })),
      format,
      problem: refusal?.message ?? null,
      help: refusal === null ? 'none' : HELP[refusal.remedy],
    };
  } catch (error) {
    if (!(error instanceof ListRefusal)) throw error;
    return { ...common, columns: [], format: null, problem: error.message, help: HELP[error.remedy] };
  }
}

/** The rows after the first `after` ones. @throws ListRefusal, UnreadableFileError */
export async function* readList(file: ListFile, { format, columns }: Reading, after: number): AsyncGenerator<ListRows> {
  const unpacked = await unpackedOf(file);
  const wanted = {
    ...(format === null ? {} : { format }),
    ...(columns === null ? {} : { columns: new Map(Object.entries(columns)) as ColumnNames }),
  };
  const repeatOf = createRepeats();
  let rows: SentRow[] = [];
  let position = 0;
  for await (const read of rowsOf(inUtf8(unpacked.chunks), wanted)) {
    position += 1;
    // Also of the rows that were sent before: who is among them is repeated behind them.
    const usable = usableRow(read, {});
    const repeat = 'row' in usable ? repeatOf(usable) : undefined;
    if (position <= after) continue;
    rows.push(sentRow(read, repeat));
    if (rows.length < AT_ONCE) continue;
    yield { kind: 'rows', rows, bytes: unpacked.bytes(), isLast: false };
    rows = [];
  }
  yield { kind: 'rows', rows, bytes: unpacked.bytes(), isLast: true };
}

async function contentOf(file: ListFile): Promise<AsyncIterable<Uint8Array>> {
  return inUtf8((await unpackedOf(file)).chunks);
}

async function fingerprintOf(file: ListFile): Promise<string> {
  const { head, all } = await headed((await unpackedOf(file)).chunks, FINGERPRINTED);
  await all.return(undefined);
  return contentHash(['list', String(file.size), new TextDecoder('latin1').decode(head)]);
}

/** Within the limits of the service; without what no database stores. */
function clean(text: string, most: number): string {
  return text.toWellFormed().replaceAll('\0', '').slice(0, most).toWellFormed();
}

function sentRow(read: Read, repeat: Repeat | undefined): SentRow {
  const line = read.line === undefined ? {} : { line: read.line };
  if ('problem' in read) return { problem: clean(read.problem, 300), ...line };
  if ('kept' in read)
    return { kept: clean(read.kept, 300), ...(read.address === undefined ? {} : { address: clean(read.address, 1_000) }), ...line };
  const { row, format } = read;
  const { by, note, source, subdomains, mixed, timeless } = row;
  const own = (name: keyof ImportedRow['row'], text: string | null | undefined, most: number) =>
    text === null || text === undefined || text === '' ? {} : { [name]: clean(text, most) };
  return {
    ...{ address: clean(row.address, 1_000), kind: row.kind, format, scope: row.scope, ...line },
    ...(row.at === null ? {} : { at: formatTime(row.at) }),
    ...(row.expiresAt === null ? {} : { expiresAt: formatTime(row.expiresAt) }),
    ...own('reply', row.reply, 8_000),
    ...own('reason', row.reason, 1_000),
    ...own('tenant', row.tenant, 200),
    ...{ ...own('by', by, 256), ...own('note', note, 1_000), ...own('source', source, 256) },
    ...(subdomains === undefined ? {} : { subdomains }),
    ...(mixed === true ? { mixed } : {}),
    ...(timeless === true ? { timeless } : {}),
    ...(repeat === undefined ? {} : { repeat }),
  };
}
