import fc from 'fast-check';
import kafkajs from 'kafkajs';
import { expect, test } from 'vitest';

import { partitionOf } from '@desist/pipeline';

test('chooses the partition that the default partitioner of kafkajs chooses', () => {
  const partitioner = kafkajs.Partitioners.DefaultPartitioner();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), fc.integer({ min: 1, max: 200 }), (bytes, partitions) => {
      const key = Buffer.from(bytes);
      const partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({
        partitionId,
        partitionErrorCode: 0,
        leader: 0,
        replicas: [],
        isr: [],
      }));
      const expected = partitioner({ topic: 't', partitionMetadata, message: { key, value: null } });
      expect(partitionOf(key, partitions)).toBe(expected);
    }),
    { numRuns: 2_000 },
  );
});

test('agrees with the Java client on its own examples', () => {
  // Kafka's UtilsTest.testMurmur2: the hash of "foobar" is -790332482, of "21" is -973932308.
  expect(partitionOf(Buffer.from('foobar'), 0x7fffffff)).toBe(-790332482 & 0x7fffffff);
  expect(partitionOf(Buffer.from('21'), 0x7fffffff)).toBe(-973932308 & 0x7fffffff);
});
