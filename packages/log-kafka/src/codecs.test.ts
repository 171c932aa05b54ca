import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { codecs, decompressOrPlaceholders, type CodecName } from './codecs.ts';
import { placeholderReason } from './placeholder-records.ts';

const names = Object.keys(codecs) as CodecName[];
const LIMIT = 1024 * 1024;

describe.each(names)('%s', (name) => {
  const codec = codecs[name];

  test('gives back what was put in', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 5_000 }), fc.integer({ min: 1, max: 40 }), async (bytes, repeat) => {
        const data = Buffer.concat(Array.from({ length: repeat }, () => Buffer.from(bytes)));
        expect((await codec.decompress(await codec.compress(data), LIMIT)).equals(data)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  test('takes exactly as much as allowed, and refuses one byte more', async () => {
    const fits = await codec.compress(Buffer.alloc(LIMIT));
    expect((await codec.decompress(fits, LIMIT)).length).toBe(LIMIT);
    const bomb = await codec.compress(Buffer.alloc(LIMIT + 1));
    await expect(codec.decompress(bomb, LIMIT)).rejects.toThrow();
  });

  test('refuses a bomb without taking the memory', async () => {
    const bomb = await codec.compress(Buffer.alloc(200 * LIMIT));
    const before = process.memoryUsage().rss;
    await expect(codec.decompress(bomb, LIMIT)).rejects.toThrow();
    expect(process.memoryUsage().rss - before).toBeLessThan(60 * LIMIT);
  });

  test('rejects garbage and cut off input', async () => {
    await expect(codec.decompress(randomBytes(500), LIMIT)).rejects.toThrow();
  });

  test('a batch that was cut off is replaced by placeholders too', async () => {
    // Some versions of zstd in Node answer what they have got instead of rejecting.
    const records = Buffer.concat(Array.from({ length: 50 }, () => Buffer.concat([Buffer.from([0xd0, 0x0f]), randomBytes(1_000)])));
    const whole = await codec.compress(records);
    expect((await decompressOrPlaceholders(name, behindHeader(whole, 50), LIMIT)).equals(records)).toBe(true);
    const out = await decompressOrPlaceholders(name, behindHeader(whole.subarray(0, 30_000), 50), LIMIT);
    expect(placeholderReason(out)).toContain(name);
  });

  test('a batch that can not be read is replaced by as many placeholders as it has records', async () => {
    const compressed = await codec.compress(Buffer.alloc(2 * LIMIT));
    const out = await decompressOrPlaceholders(name, behindHeader(compressed, 300), LIMIT);
    const records = split(out);
    expect(records).toHaveLength(300);
    expect(records.map(({ delta }) => delta)).toEqual(Array.from({ length: 300 }, (_, i) => i));
    expect(placeholderReason(records[299]?.value ?? null)).toContain(name);
    expect(placeholderReason(Buffer.from('x'))).toBeNull();
  });

  test('without a believable header the error stands', async () => {
    const compressed = await codec.compress(Buffer.alloc(2 * LIMIT));
    await expect(decompressOrPlaceholders(name, behindHeader(compressed, -1), LIMIT)).rejects.toThrow();
    await expect(decompressOrPlaceholders(name, behindHeader(compressed, 2_000_000_000), LIMIT)).rejects.toThrow();
    await expect(decompressOrPlaceholders(name, Buffer.from(new Uint8Array(compressed).buffer), LIMIT)).rejects.toThrow();
  });
});

test('snappy in the frame of the Java library', async () => {
  const parts = [randomBytes(40_000), Buffer.alloc(32_768, 'a'), Buffer.from('tail')];
  const header = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1]);
  const blocks = await Promise.all(parts.map((part) => codecs.snappy.compress(part)));
  const framed = Buffer.concat([
    header,
    ...blocks.flatMap((block) => {
      const size = Buffer.alloc(4);
      size.writeUInt32BE(block.length);
      return [size, block];
    }),
  ]);
  expect((await codecs.snappy.decompress(framed, LIMIT)).equals(Buffer.concat(parts))).toBe(true);
  await expect(codecs.snappy.decompress(framed, 60_000)).rejects.toThrow('more than');
  await expect(codecs.snappy.decompress(framed.subarray(0, framed.length - 1), LIMIT)).rejects.toThrow();
});

/** The compressed bytes as they lie in a fetch response: behind the header of their record batch. */
function behindHeader(compressed: Buffer, count: number): Buffer {
  const whole = Buffer.alloc(100 + 61 + compressed.length);
  whole.writeInt8(2, 100 + 16);
  whole.writeInt32BE(count - 1, 100 + 23);
  whole.writeInt32BE(count, 100 + 57);
  compressed.copy(whole, 161);
  return whole.subarray(161);
}

/** Reads records as the protocol has them: length, attributes, time delta, offset delta, key, value, headers. */
function split(data: Buffer): { delta: number; value: Buffer }[] {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = data.readUInt8(at++);
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    }
  };
  const records: { delta: number; value: Buffer }[] = [];
  while (at < data.length && data[at] !== 0) {
    const length = varint();
    const end = at + length;
    at += 1;
    varint();
    const delta = varint();
    expect(varint()).toBe(-1);
    const size = varint();
    records.push({ delta, value: data.subarray(at, at + size) });
    at += size;
    expect(varint()).toBe(0);
    expect(at).toBe(end);
  }
  return records;
}
