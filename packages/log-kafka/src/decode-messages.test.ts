import { createRequire } from 'node:module';
import { expect, it } from 'vitest';
import { createDecodeMessages } from './decode-messages.ts';
import type { Decoder } from './decode-messages.ts';
import { placeholders } from './placeholder-records.ts';

/** A record batch (magic 2) of so many tiny records, of which compaction has left the first ones. */
function batchOf(count: number, firstOffset: number, wasCount = count): Buffer {
  const records = placeholders(count, 'for a test');
  const header = Buffer.alloc(61);
  header.writeBigInt64BE(BigInt(firstOffset), 0);
  header.writeInt32BE(header.length - 12 + records.length, 8);
  header.writeInt8(2, 16);
  header.writeInt32BE(wasCount - 1, 23);
  header.writeInt32BE(count, 57);
  return Buffer.concat([header, records]);
}

/** What stands in an answer for one partition: the size, then its batches. Partitions of one answer share its bytes. */
function answerOf(...partitions: readonly (readonly Buffer[])[]): Decoder {
  const parts = partitions.flatMap((batches) => {
    const bytes = Buffer.concat(batches);
    const size = Buffer.alloc(4);
    size.writeInt32BE(bytes.length);
    return [size, bytes];
  });
  const buffer = Buffer.concat(parts);
  let at = 0;
  return {
    buffer,
    readInt32: () => buffer.readInt32BE((at += 4) - 4),
    readBytes: (length) => buffer.subarray(at, (at += length)),
    canReadBytes: (length) => buffer.length - at >= length,
  };
}

it('takes a batch of any number of records: kafkajs exceeds the stack from about 125,000 on', async () => {
  const found = await createDecodeMessages()(answerOf([batchOf(200_000, 0)]));
  expect(found).toHaveLength(200_000);
});

it('ends an answer that has become too large, after a whole batch; other partitions of it wait for the next one', async () => {
  const decode = createDecodeMessages({ bytes: 1_000_000, records: 25 });
  const answer = answerOf([batchOf(10, 0), batchOf(10, 10), batchOf(10, 20), batchOf(10, 30)], [batchOf(10, 0)]);
  expect(await decode(answer)).toHaveLength(30);
  expect(await decode(answer)).toEqual([]);
  expect(await decode(answerOf([batchOf(10, 0)]))).toHaveLength(10);
  const bytes = createDecodeMessages({ bytes: 15, records: 1_000 });
  expect(await bytes(answerOf([batchOf(10, 0), batchOf(10, 10), batchOf(10, 20)]))).toHaveLength(20);
});

it('shows how far a batch went whose last records were compacted away, also when none is left: reading moves past it', async () => {
  const found = await createDecodeMessages()(answerOf([batchOf(2, 100, 5), batchOf(0, 105, 4), batchOf(0, 109, 1), batchOf(1, 110)]));
  expect(found.map(({ offset, isControlRecord }) => [Number(offset), isControlRecord])).toEqual([
    [100, false],
    [101, false],
    [104, true],
    [105, true],
    [108, true],
    [109, true],
    [110, false],
  ]);
  // kafkajs gives nobody a control record, and goes on after the last one.
  const KafkaBatch = createRequire(import.meta.url)('kafkajs/src/consumer/batch') as new (...of: unknown[]) => {
    isEmptyDueToFiltering(): boolean;
    lastOffset(): string;
  };
  const tail = await createDecodeMessages()(answerOf([batchOf(0, 105, 4)]));
  const batch = new KafkaBatch('suppressions', '105', { partition: 0, highWatermark: '109', abortedTransactions: [], messages: tail });
  expect(batch.isEmptyDueToFiltering()).toBe(true);
  expect(batch.lastOffset()).toBe('108');
});
