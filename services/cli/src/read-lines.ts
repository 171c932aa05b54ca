/** Streams the lines of files or of standard input, with bounded memory. */
import { createReadStream, existsSync, readdirSync, statSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { join } from 'node:path';
import { headed, inUtf8, linesIn } from '@desist/formats/chunks';
import type { Line } from '@desist/formats/chunks';
import { CommandError, EXIT } from './exit.ts';

export async function* linesOf(files: readonly string[]): AsyncGenerator<Line> {
  let before = 0;
  for (const file of files) {
    let read = 0;
    for await (const line of linesIn(chunksOf(file))) {
      read = line.bytes;
      yield { ...line, bytes: before + read };
    }
    before += read;
  }
}

/** Bytes of all files together; undefined when standard input or a compressed file is among them. */
export function totalBytes(files: readonly string[]): number | undefined {
  let total = 0;
  let known = true;
  for (const file of files) {
    if (file === '-') return undefined;
    total += sizeOf(file);
    known &&= !/\.(?:gz|bz2|xz|zst)$/.test(file);
  }
  return known ? total : undefined;
}

function sizeOf(file: string): number {
  const stat = statOf(file);
  if (stat.isFile() || stat.isFIFO()) return stat.size;
  throw new CommandError(EXIT.usage, `${file} is not a file`);
}

function statOf(file: string): Stats {
  try {
    return statSync(file);
  } catch (error) {
    throw new CommandError(
      EXIT.missing,
      `${file}: ${(error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : String(error)}`,
    );
  }
}

/** The content of a file, or of standard input for `-`: decompressed, and as UTF-8 if a byte order mark says that it is UTF-16. */
export async function* chunksOf(file: string): AsyncGenerator<Uint8Array> {
  const chunks = (file === '-' ? process.stdin : open(file)) as AsyncIterable<Buffer>;
  const { head, all } = await headed(chunks, HEAD_BYTES);
  const compressed = head[0] !== undefined && MAY_BE_COMPRESSED.has(head[0]);
  if (!compressed) {
    yield* inUtf8(all);
    return;
  }
  // Only compressed files need the libraries.
  const { compressionIn, contentOf } = await import('@desist/ingest');
  const compression = compressionIn(head);
  if (compression === undefined) {
    yield* inUtf8(all);
    return;
  }
  const state = { complete: true };
  yield* inUtf8(whole(contentOf(compression, all), state));
  if (!state.complete) throw new CommandError(EXIT.usage, `${nameOf(file)}: cut off or damaged (${compression})`);
}

/** The first byte of gzip, zstd, bzip2 and xz. */
const MAY_BE_COMPRESSED: ReadonlySet<number> = new Set([0x1f, 0x28, 0x42, 0xfd]);
const HEAD_BYTES = 6;

/** The file, as it is named to people. */
export function nameOf(file: string): string {
  return file === '-' ? 'standard input' : file;
}

async function* whole(content: AsyncGenerator<Buffer, 'complete' | 'cut'>, state: { complete: boolean }): AsyncGenerator<Buffer> {
  state.complete = (yield* content) === 'complete';
}

function open(file: string): ReturnType<typeof createReadStream> {
  sizeOf(file);
  return createReadStream(file, { highWaterMark: 1 << 18 });
}

// ------------------------------------------------------------------------------------------------ folders

/** Files instead of folders: of a log the oldest rotation first, of a Maildir the mails of `new` and `cur`. */
export function filesOf(operands: readonly string[]): readonly string[] {
  return operands.flatMap((operand) => {
    if (operand === '-' || !statOf(operand).isDirectory()) return [operand];
    const isMaildir = ['new', 'cur'].every((name) => existsSync(join(operand, name)));
    const files = isMaildir ? ['new', 'cur'].flatMap((name) => filesIn(join(operand, name))) : filesIn(operand);
    if (files.length === 0) throw new CommandError(EXIT.missing, `${operand}: there are no files in this folder`);
    return files;
  });
}

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => !entry.isDirectory() && !entry.name.startsWith('.') && !/\.(?:tmp|desist-import)$/.test(entry.name))
    .map(({ name }) => name)
    .toSorted(byAge)
    .map((name) => join(folder, name));
}

const ROTATED = /^(.*?)(?:\.(\d{1,5})|([-.](?:\d{8}|\d{4}-\d\d-\d\d)[-\dT_]{0,20}))?(?:\.(?:gz|bz2|xz|zst))?$/;

/** `mail.log.2.gz`, `mail.log.1`, `mail.log`; or `mail.log-20260301`, `mail.log`. */
function byAge(a: string, b: string): number {
  const [, baseA = '', countA, dateA] = ROTATED.exec(a) ?? [];
  const [, baseB = '', countB, dateB] = ROTATED.exec(b) ?? [];
  if (baseA !== baseB) return baseA < baseB ? -1 : 1;
  const rank = (count: string | undefined, date: string | undefined): number => (date !== undefined ? 0 : count !== undefined ? 1 : 2);
  if (rank(countA, dateA) !== rank(countB, dateB)) return rank(countA, dateA) - rank(countB, dateB);
  if (countA !== undefined) return Number(countB) - Number(countA);
  return a < b ? -1 : a > b ? 1 : 0;
}
