import { createRequire } from 'node:module';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createDecodeMessages } from './decode-messages.ts';
import type { Decoder } from './decode-messages.ts';
import { batchLength, FetchedRecord, readBatchHeader, readRecords } from './record-batch.ts';
import type { Headers } from './record-batch.ts';

const require = createRequire(import.meta.url);
type Make = (of: Readonly<Record<string, unknown>>) => { readonly buffer: Buffer };
const encodeRecord = require('kafkajs/src/protocol/recordBatch/record/v0') as Make;
const { RecordBatch: encodeBatch } = require('kafkajs/src/protocol/recordBatch/v0') as {
  readonly RecordBatch: (of: object) => Promise<{ readonly buffer: Buffer }>;
};
const KafkaDecoder = require('kafkajs/src/protocol/decoder') as new (bytes: Buffer) => Decoder;
const decodeBatch = require('kafkajs/src/protocol/recordBatch/v0/decoder') as (
  decoder: Decoder,
) => Promise<{ readonly records: readonly KafkaRecord[] }>;

interface KafkaRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly offset: string;
  readonly timestamp: string;
  readonly headers: Headers;
  readonly isControlRecord: boolean;
  readonly batchContext: { readonly producerId: string; readonly inTransaction: boolean };
}

const bytes = fc.uint8Array({ maxLength: 300 }).map((all) => Buffer.from(all));
const record = fc.record({
  offsetDelta: fc.oneof(fc.nat(200), fc.nat(2 ** 31 - 1)),
  timestampDelta: fc.oneof(fc.nat(100), fc.integer({ min: -(2 ** 40), max: 2 ** 40 })),
  key: fc.option(bytes),
  value: fc.option(bytes),
  headers: fc.dictionary(fc.constantFrom('a', 'trace-id', 'ü'), fc.oneof(bytes, fc.array(bytes, { minLength: 1, maxLength: 3 })), {
    maxKeys: 3,
  }),
});
const batch = fc.record({
  firstOffset: fc.nat(2 ** 40),
  firstTimestamp: fc.nat(2 ** 41),
  maxTimestamp: fc.nat(2 ** 41),
  producerId: fc.integer({ min: -1, max: 1_000_000 }),
  transactional: fc.boolean(),
  records: fc.array(record, { maxLength: 20 }),
});
/** Bits of the attributes: the log gave the time; records of Kafka's own. */
const marks = fc.constantFrom(0, 0x08, 0x20, 0x28);

async function encoded(of: typeof batch extends fc.Arbitrary<infer T> ? T : never, mark: number): Promise<Buffer> {
  const { buffer } = await encodeBatch({ ...of, records: of.records.map(encodeRecord) });
  buffer.writeInt16BE(buffer.readInt16BE(21) | mark, 21);
  return buffer;
}

function plainOf(one: KafkaRecord): unknown {
  const { key, value, offset, timestamp, headers, isControlRecord, batchContext } = one;
  const { producerId, inTransaction } = batchContext;
  return { key, value, offset, timestamp, headers, isControlRecord, producerId, inTransaction };
}

function readAt(buffer: Buffer, at: number): FetchedRecord[] | null {
  const length = batchLength(buffer, at);
  const header = length === undefined ? null : readBatchHeader(buffer, at, length);
  return header === null ? null : readRecords(header, header.body);
}

it('a batch is read as kafkajs reads it, wherever in the bytes it stands', async () => {
  await fc.assert(
    fc.asyncProperty(batch, marks, fc.nat(50), async (of, mark, before) => {
      const buffer = await encoded(of, mark);
      const { records } = await decodeBatch(new KafkaDecoder(buffer));
      const placed = Buffer.concat([Buffer.alloc(before, 7), buffer, Buffer.alloc(9, 7)]);
      expect(readAt(placed, before)?.map(plainOf)).toEqual(records.map(plainOf));
    }),
  );
});

it('keys and values are views of what was fetched: nothing is copied', async () => {
  const records = [{ offsetDelta: 0, timestampDelta: 0, key: Buffer.from('k'), value: Buffer.from('v'), headers: {} }];
  const buffer = await encoded({ firstOffset: 5, firstTimestamp: 9, maxTimestamp: 9, producerId: -1, transactional: false, records }, 0);
  const [one] = readAt(buffer, 0) ?? [];
  expect(one?.value?.buffer).toBe(buffer.buffer);
  expect([one?.offsetNumber, one?.recordTime]).toEqual([5, 9]);
});

it('whatever bytes a batch has, reading ends with records or with null; it never throws and never reads on behind it', async () => {
  await fc.assert(
    fc.asyncProperty(batch, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 5 }), async (of, changes) => {
      const buffer = await encoded(of, 0);
      // Behind the length, which says where the batch ends.
      for (const [where, byte] of changes) buffer.writeUInt8(byte, 12 + (where % (buffer.length - 12)));
      const behind = Buffer.alloc(64, 0xff);
      const records = readAt(Buffer.concat([buffer, behind]), 0);
      for (const { key, value, headers } of records ?? []) {
        expect([key, value, ...Object.values(headers).flat()].every((part) => part === null || part.indexOf(behind) === -1)).toBe(true);
      }
    }),
  );
});

it('what is compressed is decompressed first, and a batch that is cut off waits for the next answer', async () => {
  const records = Array.from({ length: 3 }, (_, n) => ({
    offsetDelta: n,
    timestampDelta: n,
    key: null,
    value: Buffer.from(`v${n}`),
    headers: {},
  }));
  const plain = await encoded({ firstOffset: 7, firstTimestamp: 1, maxTimestamp: 3, producerId: -1, transactional: false, records }, 0);
  plain.writeInt32BE(records.length - 1, 23);
  const body = gzipSync(plain.subarray(61));
  const zipped = Buffer.concat([plain.subarray(0, 61), body]);
  zipped.writeInt32BE(zipped.length - 12, 8);
  zipped.writeInt16BE(1, 21);
  const all = Buffer.concat([Buffer.alloc(4), zipped, plain, plain.subarray(0, plain.length - 1)]);
  all.writeInt32BE(all.length - 4);
  const found = await createDecodeMessages()(new KafkaDecoder(all));
  expect(found.map(({ offset, value }) => [offset, String(value)])).toEqual(
    [0, 1].flatMap(() => [7, 8, 9].map((at) => [String(at), `v${at - 7}`])),
  );
  expect(found.every((one) => one instanceof FetchedRecord)).toBe(true);
});
