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

/** Characters of a line that are kept. The rest is dropped, so a longer line becomes unreadable. */
const LINE_LIMIT = 1 << 20;

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
