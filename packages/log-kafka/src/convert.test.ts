import { expect, test } from 'vitest';

import { toBatch, type KafkaBatch } from './convert.ts';
import { placeholders } from './placeholder-records.ts';

const batch = (messages: KafkaBatch['messages'], over: Partial<KafkaBatch> = {}): KafkaBatch => ({
  partition: 3,
  highWatermark: '9007199254740991',
  messages,
  firstOffset: () => '8',
  lastOffset: () => '13',
  ...over,
});

test('decimal strings become numbers, the end is behind control records', () => {
  const key = Buffer.from('k');
  const fetched = toBatch(batch([{ offset: '10', timestamp: '1767225600123', key, value: null }]));
  expect(fetched).toEqual({
    rawFirst: 8,
    unreadable: null,
    batch: {
      partition: 3,
      firstOffset: 10,
      nextOffset: 14,
      highWatermark: 9007199254740991,
      records: [{ offset: 10, key, value: null, recordTime: 1767225600123 }],
    },
  });
});

test('the batch ends before a record that could not be decompressed', () => {
  const made = placeholders(1, 'gzip: broken');
  const good = { offset: '8', timestamp: '1', key: null, value: Buffer.from('v') };
  const bad = { offset: '9', timestamp: '1', key: null, value: made.subarray(6, 7) };
  const fetched = toBatch(batch([good, bad, { ...good, offset: '10' }]));
  expect(fetched.batch?.records.map(({ offset }) => offset)).toEqual([8]);
  expect(fetched.batch?.nextOffset).toBe(9);
  expect(fetched.unreadable).toEqual({ offset: 9, reason: 'gzip: broken' });
  expect(toBatch(batch([bad])).batch).toBeNull();
});
