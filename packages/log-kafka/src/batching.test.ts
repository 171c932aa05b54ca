import fc from 'fast-check';
import { expect, test } from 'vitest';

import { BATCH_BYTES, BATCH_RECORDS, countForCall, prepare, type Outgoing } from './batching.ts';

const record = (partition: number, bytes: number): Outgoing => ({ partition, bytes, key: null, value: null, headers: {} });

test('every record goes out once, in order, and no call has more for a partition than fits', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ partition: fc.integer({ min: 0, max: 3 }), bytes: fc.integer({ min: 1, max: BATCH_BYTES * 1.5 }) }), {
        maxLength: 60,
      }),
      (shapes) => {
        const records = shapes.map(({ partition, bytes }) => record(partition, bytes));
        for (let at = 0; at < records.length;) {
          const count = countForCall(records, at);
          expect(count).toBeGreaterThan(0);
          for (let partition = 0; partition < 4; partition++) {
            const mine = records.slice(at, at + count).filter((each) => each.partition === partition);
            // A record that is too large by itself goes out alone: the log says what it thinks of it.
            if (mine.length > 1) expect(mine.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(BATCH_BYTES);
          }
          at += count;
        }
      },
    ),
  );
});

test('fills a call up to the limit of its partition', () => {
  expect(countForCall(Array.from({ length: 20 }, () => record(0, BATCH_BYTES / 8)))).toBe(8);
  expect(countForCall(Array.from({ length: 16 }, (_, i) => record(i % 2, BATCH_BYTES / 8)))).toBe(16);
  expect(countForCall(Array.from({ length: BATCH_RECORDS + 5 }, () => record(0, 1)))).toBe(BATCH_RECORDS);
  expect(countForCall([record(0, BATCH_BYTES * 3), record(0, 1)])).toBe(1);
});

test('the key decides the partition; records without one are spread', () => {
  let spread = 5;
  const partitions = ['a', 'b', 'a'].map((key) => prepare({ key, value: 'v' }, 50, () => spread++).partition);
  expect(partitions[0]).toBe(partitions[2]);
  expect(partitions[0]).not.toBe(partitions[1]);
  expect(prepare({ key: null, value: 'v' }, 4, () => spread++).partition).toBe(1);
  expect(prepare({ key: null, value: 'v' }, 4, () => spread++).partition).toBe(2);
});

test('bytes are counted as UTF-8, with headers', () => {
  const small = prepare({ key: 'k', value: 'ü' }, 1, () => 0);
  const large = prepare({ key: 'k', value: 'üü', headers: { reason: 'abc' } }, 1, () => 0);
  expect(large.bytes - small.bytes).toBeGreaterThanOrEqual(2 + 'reason'.length + 'abc'.length);
  expect(small.value).toEqual(Buffer.from('ü', 'utf8'));
  expect(prepare({ key: 'k', value: null }, 1, () => 0).value).toBeNull();
});
