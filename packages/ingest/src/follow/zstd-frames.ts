/**
 * Finds the ends of zstd frames (RFC 8878, section 3.1). Node's own stream reads only the first of several frames, and does not
 * distinguish an incomplete frame from a complete one.
 */
import { createZstdDecompress } from 'node:zlib';

interface Piece {
  readonly bytes: Buffer;
  /** A frame ends after it. */
  readonly ends: boolean;
}

interface Scanner {
  push(chunk: Buffer): readonly Piece[];
  /** Everything so far consists of complete frames. */
  atEnd(): boolean;
}

const FRAME = 0xfd2fb528;
const SKIPPABLE = 0x184d2a50;

function createScanner(): Scanner {
  /** Bytes of an incomplete header; the header that comes next; the number of bytes to skip before it. */
  let header = Buffer.alloc(0);
  let wanted: 'magic' | 'descriptor' | 'block' | 'skippable' = 'magic';
  let skip = 0;
  let checksum = false;
  let last = false;
  let damaged = false;

  function headerSize(): number {
    return wanted === 'magic' || wanted === 'skippable' ? 4 : wanted === 'descriptor' ? 1 : 3;
  }

  /** Processes a complete header: determines the next one and the bytes to skip. */
  function readHeader(): void {
    switch (wanted) {
      case 'magic': {
        const magic = header.readUInt32LE(0);
        if (magic === FRAME) wanted = 'descriptor';
        else if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE) wanted = 'skippable';
        else damaged = true;
        return;
      }
      case 'skippable':
        skip = header.readUInt32LE(0);
        last = true;
        checksum = false;
        wanted = 'block';
        return;
      case 'descriptor': {
        const byte = header[0] as number;
        const single = (byte & 0x20) !== 0;
        checksum = (byte & 0x04) !== 0;
        last = false;
        const contentSize = [single ? 1 : 0, 2, 4, 8][byte >> 6] as number;
        skip = (single ? 0 : 1) + ([0, 1, 2, 4][byte & 3] as number) + contentSize;
        wanted = 'block';
        return;
      }
      case 'block': {
        const value = header.readUIntLE(0, 3);
        const isOne = ((value >> 1) & 3) === 1;
        last = (value & 1) !== 0;
        skip = (isOne ? 1 : value >>> 3) + (last && checksum ? 4 : 0);
        return;
      }
      default:
        wanted satisfies never;
    }
  }

  return {
    push(chunk) {
      const pieces: Piece[] = [];
      let from = 0;
      let at = 0;
      while (at < chunk.length && !damaged) {
        const skipped = Math.min(skip, chunk.length - at);
        at += skipped;
        skip -= skipped;
        if (skip > 0) break;
        if (last && wanted === 'block') {
          pieces.push({ bytes: chunk.subarray(from, at), ends: true });
          from = at;
          wanted = 'magic';
          last = false;
          continue;
        }
        const size = headerSize();
        const part = chunk.subarray(at, at + size - header.length);
        header = Buffer.concat([header, part]);
        at += part.length;
        if (header.length < size) break;
        readHeader();
        header = Buffer.alloc(0);
        // An empty last block ends its frame here.
        if (skip === 0 && last && wanted === 'block') {
          pieces.push({ bytes: chunk.subarray(from, at), ends: true });
          from = at;
          wanted = 'magic';
          last = false;
        }
      }
      if (from < at && !damaged) pieces.push({ bytes: chunk.subarray(from, at), ends: false });
      return pieces;
    },
    atEnd: () => !damaged && wanted === 'magic' && header.length === 0 && skip === 0,
  };
}

/** Yields the content of all frames, also the available part of an incomplete one. Returns whether the last frame is complete. */
export async function* zstdContent(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, 'complete' | 'cut'> {
  const scanner = createScanner();
  let decoder: Decoder | undefined;
  try {
    for await (const chunk of chunks) {
      for (const { bytes, ends } of scanner.push(chunk)) {
        decoder ??= createDecoder();
        yield* await decoder.write(bytes);
        if (!ends) continue;
        yield* await decoder.end();
        decoder = undefined;
      }
    }
    return scanner.atEnd() ? 'complete' : 'cut';
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code?.startsWith('ZSTD_') === true) return 'cut';
    throw error;
  } finally {
    decoder?.destroy();
  }
}

interface Decoder {
  write(bytes: Buffer): Promise<readonly Buffer[]>;
  end(): Promise<readonly Buffer[]>;
  destroy(): void;
}

function createDecoder(): Decoder {
  const stream = createZstdDecompress();
  let out: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => out.push(chunk));
  const drain = (): readonly Buffer[] => {
    const all = out;
    out = [];
    return all;
  };
  const settled = (work: (done: () => void) => void): Promise<readonly Buffer[]> =>
    new Promise((resolve, reject) => {
      stream.once('error', reject);
      work(() => {
        stream.off('error', reject);
        resolve(drain());
      });
    });
  return {
    write: (bytes) => settled((done) => stream.write(bytes, () => done())),
    end: () =>
      settled((done) => {
        stream.once('end', done);
        stream.end();
      }),
    destroy: () => stream.destroy(),
  };
}
