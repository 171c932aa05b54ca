/** Content of files as it streams: its beginning, its encoding, its lines, with bounded memory. */

/** The first bytes (all, if there are fewer), and everything from the beginning. */
export async function headed<Chunk extends Uint8Array>(
  chunks: AsyncIterable<Chunk>,
  bytes: number,
): Promise<{ readonly head: Uint8Array; readonly all: AsyncGenerator<Chunk> }> {
  const iterator = chunks[Symbol.asyncIterator]();
  const kept: Chunk[] = [];
  let size = 0;
  while (size < bytes) {
    const next = await iterator.next();
    if (next.done === true) break;
    kept.push(next.value);
    size += next.value.length;
  }
  async function* all(): AsyncGenerator<Chunk> {
    try {
      yield* kept;
      for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value;
    } finally {
      await iterator.return?.();
    }
  }
  return { head: beginning(kept, Math.min(size, bytes)), all: all() };
}

function beginning(chunks: readonly Uint8Array[], bytes: number): Uint8Array {
  const head = new Uint8Array(bytes);
  let at = 0;
  for (const chunk of chunks) {
    head.set(chunk.subarray(0, bytes - at), at);
    at += Math.min(chunk.length, bytes - at);
  }
  return head;
}

/** As UTF-8 if a byte order mark says that it is UTF-16, which PowerShell and other tools of Windows write. */
export async function* inUtf8(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const { head, all } = await headed(chunks, 2);
  const encoding = head[0] === 0xff && head[1] === 0xfe ? 'utf-16le' : head[0] === 0xfe && head[1] === 0xff ? 'utf-16be' : undefined;
  if (encoding === undefined) {
    yield* all;
    return;
  }
  const decoder = new TextDecoder(encoding);
  const encoder = new TextEncoder();
  for await (const chunk of all) yield encoder.encode(decoder.decode(chunk, { stream: true }));
  yield encoder.encode(decoder.decode());
}

export interface Line {
  /** Line number, from 1. */
  readonly number: number;
  readonly text: string;
  /** Bytes read so far. */
  readonly bytes: number;
}

/** Lines that came with one chunk, as bytes. */
export interface Lines {
  readonly lines: readonly Uint8Array[];
  /** Line number of the first, from 1. */
  readonly first: number;
  /** Bytes read so far. */
  readonly bytes: number;
}

/** Characters of a line that are kept. The rest is dropped, so a longer line becomes unreadable. */
const LINE_LIMIT = 1 << 20;
/** As many bytes as so many characters have at most. */
const LINE_BYTES = 4 * LINE_LIMIT;
const LINE_FEED = 0x0a;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

/** As `linesIn`, chunk by chunk: for whoever reads most lines on their bytes. */
export async function* lineBytesIn(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Lines> {
  let bytes = 0;
  let first = 1;
  /** The beginning of a line whose end has not come. */
  let begun: Uint8Array[] = [];
  let size = 0;
  const keep = (part: Uint8Array): void => {
    if (size < LINE_BYTES) begun.push(part);
    size += part.length;
  };
  for await (const chunk of chunks) {
    bytes += chunk.length;
    const lines: Uint8Array[] = [];
    let from = 0;
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, from)) {
      const line = chunk.subarray(from, end);
      from = end + 1;
      if (size === 0) lines.push(line);
      else {
        keep(line);
        lines.push(joinedBytes(begun));
        begun = [];
        size = 0;
      }
    }
    if (from < chunk.length) keep(chunk.subarray(from));
    if (first === 1 && lines[0] !== undefined) lines[0] = withoutMark(lines[0]);
    yield { lines, first, bytes };
    first += lines.length;
  }
  if (size === 0) return;
  const last = joinedBytes(begun);
  yield { lines: [first === 1 ? withoutMark(last) : last], first, bytes };
}

/** A byte order mark is one only at the beginning of a file, where it is gone. */
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** The text of a line of `lineBytesIn`. */
export function textOfLine(line: Uint8Array): string {
  return utf8.decode(line).slice(0, LINE_LIMIT);
}

export function joinedBytes(parts: readonly Uint8Array[]): Uint8Array {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function withoutMark(line: Uint8Array): Uint8Array {
  return BYTE_ORDER_MARK.every((byte, n) => line[n] === byte) ? line.subarray(BYTE_ORDER_MARK.length) : line;
}

export async function* linesIn(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
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
