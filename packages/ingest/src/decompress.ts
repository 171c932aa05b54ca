/** Reads compressed files. Their kind is told by their first bytes, not by their name. */
import { PassThrough, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import unbzip2 from 'unbzip2-stream';
import xz from 'xz-decompress';
import { zstdContent } from './follow/zstd-frames.ts';

/** First bytes of compressed files. */
const MAGIC = {
  zstd: [0x28, 0xb5, 0x2f, 0xfd],
  gzip: [0x1f, 0x8b],
  bzip2: [0x42, 0x5a, 0x68],
  xz: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00],
} as const;
export type Compression = keyof typeof MAGIC;
/** Bytes from which the kind is told. */
export const LONGEST_MAGIC = 6;

/** Undefined: the content is not compressed, or empty. */
export function compressionIn(head: Uint8Array): Compression | undefined {
  return (Object.keys(MAGIC) as Compression[]).find((name) => MAGIC[name].every((byte, index) => head[index] === byte));
}

/**
 * Yields the content, also the readable part of a file that is cut off or damaged. Returns whether it is complete. Several compressed
 * streams in one file, as rotations with appended parts have, are read one after the other.
 */
export async function* contentOf(compression: Compression, chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, 'complete' | 'cut'> {
  if (compression === 'zstd') return yield* zstdContent(chunks);
  const source = createSource(chunks);
  try {
    for await (const chunk of opened(compression, source.chunks())) yield Buffer.from(chunk);
    return 'complete';
  } catch (error) {
    // What could not be read is no fault of the content.
    if (source.failed()) throw error;
    return 'cut';
  }
}

function createSource(chunks: AsyncIterable<Buffer>): { chunks(): AsyncGenerator<Buffer>; failed(): boolean } {
  let failed = false;
  return {
    async *chunks() {
      try {
        yield* chunks;
      } catch (error) {
        failed = true;
        throw error;
      }
    },
    failed: () => failed,
  };
}

function opened(compression: Exclude<Compression, 'zstd'>, chunks: AsyncIterable<Buffer>): AsyncIterable<Uint8Array> {
  const input = Readable.from(chunks);
  switch (compression) {
    case 'gzip':
      return piped(input, createGunzip());
    case 'bzip2':
      return piped(input, unbzip2());
    case 'xz':
      return new xz.XzReadableStream(Readable.toWeb(input) as ReadableStream<Uint8Array>) as AsyncIterable<Uint8Array>;
    default:
      return compression satisfies never;
  }
}

function piped(input: Readable, stream: NodeJS.ReadWriteStream): AsyncIterable<Uint8Array> {
  const output = new PassThrough();
  input.on('error', (error) => output.destroy(error));
  stream.on('error', (error: Error) => output.destroy(error));
  input.pipe(stream).pipe(output);
  return output as AsyncIterable<Uint8Array>;
}
