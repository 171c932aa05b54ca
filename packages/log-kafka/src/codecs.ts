import { promisify } from 'node:util';
import { gunzip, gzip, zstdCompress, zstdDecompress } from 'node:zlib';
import kafkajs from 'kafkajs';
import * as lz4 from 'lz4-napi';
import * as snappy from 'snappy';

import { announcedCount, holdsRecords, placeholders } from './placeholder-records.ts';

/** A compressed batch may become this large, in bytes. A batch as Kafka takes it by default has 1 MiB before. */
export const MAX_DECOMPRESSED = 64 * 1024 * 1024;

/** Compression of one record batch. `decompress` rejects when the output would exceed `limit` bytes or the input is broken. */
export interface Codec {
  compress(data: Buffer): Promise<Buffer>;
  decompress(data: Buffer, limit: number): Promise<Buffer>;
}

export type CodecName = 'gzip' | 'snappy' | 'lz4' | 'zstd';

const gunzipAsync = promisify<Buffer, { maxOutputLength: number }, Buffer>(gunzip);
const gzipAsync = promisify<Buffer, Buffer>(gzip);
const zstdCompressAsync = promisify<Buffer, Buffer>(zstdCompress);
const zstdDecompressAsync = promisify<Buffer, { maxOutputLength: number }, Buffer>(zstdDecompress);

/** Java's snappy library wraps its blocks in a frame of its own (xerial snappy-java, SnappyCodec). */
const XERIAL = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0]);
const XERIAL_HEADER = 16;

export const codecs: Readonly<Record<CodecName, Codec>> = {
  gzip: {
    compress: (data) => gzipAsync(data),
    decompress: (data, limit) => gunzipAsync(data, { maxOutputLength: limit }),
  },
  zstd: {
    compress: (data) => zstdCompressAsync(data),
    decompress: (data, limit) => zstdDecompressAsync(data, { maxOutputLength: limit }),
  },
  snappy: { compress: (data) => snappy.compress(data), decompress: decompressSnappy },
  lz4: { compress: (data) => lz4.compressFrame(data), decompress: decompressLz4 },
};

async function decompressSnappy(data: Buffer, limit: number): Promise<Buffer> {
  if (!data.subarray(0, XERIAL.length).equals(XERIAL)) return snappyBlock(data, limit);
  const blocks: Buffer[] = [];
  let total = 0;
  let at = XERIAL_HEADER;
  while (at < data.length) {
    if (at + 4 > data.length) throw new Error('snappy: cut off');
    const size = data.readUInt32BE(at);
    at += 4;
    if (at + size > data.length) throw new Error('snappy: cut off');
    const block = await snappyBlock(data.subarray(at, at + size), limit - total);
    total += block.length;
    blocks.push(block);
    at += size;
  }
  return blocks.length === 1 && blocks[0] !== undefined ? blocks[0] : Buffer.concat(blocks);
}

/** The length stands in front of a block, so the limit is checked before any memory is taken. */
async function snappyBlock(data: Buffer, limit: number): Promise<Buffer> {
  let length = 0;
  for (let i = 0; ; i++) {
    const byte = data[i];
    if (byte === undefined || i > 4) throw new Error('snappy: no length');
    length += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) break;
  }
  if (length > limit) throw tooLarge(limit);
  const out = await snappy.uncompress(data, { asBuffer: true });
  if (typeof out === 'string') throw new Error('snappy: text');
  return out;
}

/** Block sizes of the LZ4 frame format, by the three bits of its BD byte. */
const LZ4_BLOCK: Readonly<Record<number, number>> = { 4: 64 * 1024, 5: 256 * 1024, 6: 1024 * 1024, 7: 4 * 1024 * 1024 };
const LZ4_MAGIC = 0x184d2204;

/**
 * The frame format does not have to say how much comes out, but each of its blocks is at most as large as its header
 * says: their number bounds the output. The last block may be partly empty, so up to one block above the limit passes.
 */
async function decompressLz4(data: Buffer, limit: number): Promise<Buffer> {
  if (data.length < 7 || data.readUInt32LE(0) !== LZ4_MAGIC) throw new Error('lz4: not a frame');
  const flags = data.readUInt8(4);
  const block = LZ4_BLOCK[(data.readUInt8(5) >> 4) & 7];
  if (block === undefined) throw new Error('lz4: unknown block size');
  const checksum = (flags & 0x10) !== 0 ? 4 : 0;
  let at = 7 + ((flags & 0x08) !== 0 ? 8 : 0) + ((flags & 0x01) !== 0 ? 4 : 0);
  let most = 0;
  for (;;) {
    if (at + 4 > data.length) throw new Error('lz4: cut off');
    const word = data.readUInt32LE(at);
    at += 4;
    if (word === 0) break;
    const size = word & 0x7fffffff;
    // A block expands at most 255 times: small blocks of a large block size do not count in full.
    most += word >= 0x80000000 ? size : Math.min(block, size * 255);
    if (most > limit + block) throw tooLarge(limit);
    at += size + checksum;
  }
  const out = await lz4.decompressFrame(data);
  if (out.length > limit) throw tooLarge(limit);
  return out;
}

function tooLarge(limit: number): Error {
  return new Error(`more than ${String(limit)} bytes after decompression`);
}

/**
 * Puts our codecs in place of those of kafkajs (which knows gzip only, and without a limit). The registry is one for the
 * process; calling it again changes nothing.
 */
export function registerCodecs(limit = MAX_DECOMPRESSED): void {
  const { CompressionCodecs, CompressionTypes } = kafkajs;
  const wrap = (name: CodecName) => () => ({
    compress: (encoder: { buffer: Buffer }) => codecs[name].compress(encoder.buffer),
    decompress: (data: Buffer) => decompressOrPlaceholders(name, data, limit),
  });
  CompressionCodecs[CompressionTypes.GZIP] = wrap('gzip');
  CompressionCodecs[CompressionTypes.Snappy] = wrap('snappy');
  CompressionCodecs[CompressionTypes.LZ4] = wrap('lz4');
  CompressionCodecs[CompressionTypes.ZSTD] = wrap('zstd');
}

/** Decompresses, or answers placeholders for a batch that can not be (placeholder-records.ts). Rejects when even that is not possible. */
export async function decompressOrPlaceholders(name: CodecName, data: Buffer, limit: number): Promise<Buffer> {
  const count = announcedCount(data);
  try {
    const out = await codecs[name].decompress(data, limit);
    if (count !== null && !holdsRecords(out, count)) throw new Error('records are cut off');
    return out;
  } catch (error) {
    if (count === null) throw error;
    return placeholders(count, `${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
