/** Lines of a file or of standard input, as bytes come: memory stays bounded whatever the file's size. */
import { createReadStream, statSync } from 'node:fs';
import { CommandError, EXIT } from './exit.ts';

export interface Line {
  /** Of the file it stands in, from 1. */
  readonly number: number;
  readonly text: string;
  /** Bytes read so far of all files. */
  readonly bytes: number;
}

/** Characters of one line that are kept; the rest of a longer one is dropped, and it will not be readable. */
const LINE_LIMIT = 1 << 20;

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

/** `bytes`: of these chunks. */
export async function* linesIn(chunks: AsyncIterable<Buffer>): AsyncGenerator<Line> {
  const decoder = new TextDecoder();
  let bytes = 0;
  let rest = '';
  let number = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = (parts.pop() ?? '').slice(0, LINE_LIMIT);
    for (const text of parts) yield { number: (number += 1), text, bytes };
  }
  rest += decoder.decode();
  if (rest.trim() !== '') yield { number: number + 1, text: rest, bytes };
}

/** Bytes of all files together; undefined when standard input is among them. */
export function totalBytes(files: readonly string[]): number | undefined {
  let total = 0;
  for (const file of files) {
    if (file === '-') return undefined;
    total += sizeOf(file);
  }
  return total;
}

function sizeOf(file: string): number {
  try {
    const stat = statSync(file);
    if (stat.isFile() || stat.isFIFO()) return stat.size;
  } catch (error) {
    throw new CommandError(
      EXIT.missing,
      `${file}: ${(error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : String(error)}`,
    );
  }
  throw new CommandError(EXIT.usage, `${file} is not a file`);
}

/** The bytes of a file, or of standard input for `-`. */
export function chunksOf(file: string): AsyncIterable<Buffer> {
  return (file === '-' ? process.stdin : open(file)) as AsyncIterable<Buffer>;
}

function open(file: string): ReturnType<typeof createReadStream> {
  sizeOf(file);
  return createReadStream(file, { highWaterMark: 1 << 18 });
}
