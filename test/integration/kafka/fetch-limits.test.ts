/** What one fetch may bring: large compressed records, far more records than a call takes arguments, and bombs. On a real broker. */
import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import kafkajs from 'kafkajs';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { connectKafka, type KafkaLog, type KafkaOptions } from '@desist/log-kafka';
import type { BatchOutcome, LogBatch, LogConsumer } from '@desist/pipeline';

import { sharedBroker, type SharedBroker } from './shared-broker.ts';
import { compressions, withAdmin, withProducer } from './raw.ts';
import { freshOptions, until } from './support.ts';

const MIB = 2 ** 20;
/** An answer of 32 MiB, and one batch of 64 MiB at most above it. */
const MOST_AT_ONCE = 96 * MIB;

let broker: SharedBroker;
let cleanUp: (() => Promise<unknown>)[] = [];
beforeAll(async () => {
  broker = await sharedBroker();
  const log = connectKafka(freshOptions(broker.brokers));
  await until(() => log.ensureTopics({ partitions: 1 }).catch(() => null), 'a broker that serves');
  await log.close();
});
afterEach(async () => {
  const tasks = cleanUp;
  cleanUp = [];
  for (const task of tasks) await task();
});

interface Counted {
  readonly records: number;
  readonly bytes: number;
  readonly largestBatch: number;
  readonly stopped: readonly string[];
}

async function fresh(partitions: number): Promise<{ options: KafkaOptions; log: KafkaLog; stops: string[] }> {
  const stops: string[] = [];
  const observer = { stopped: (_partition: number, reason: string | null) => void (reason === null ? 0 : stops.push(reason)) };
  const options = freshOptions(broker.brokers, { observer });
  const log = connectKafka(options);
  cleanUp.push(() => log.close());
  await log.ensureTopics({ partitions });
  await withAdmin(broker.brokers, (admin) =>
    admin.alterConfigs({
      validateOnly: false,
      resources: [
        {
          type: kafkajs.ConfigResourceTypes.TOPIC,
          name: options.topics.deliveryEvents,
          configEntries: [{ name: 'max.message.bytes', value: String(32 * MIB) }],
        },
      ],
    }),
  );
  return { options, log, stops };
}

/** Reads until every partition is at its end or stopped; all offsets must come once, in order. */
async function readAll({ log, stops }: { log: KafkaLog; stops: string[] }, partitions: number): Promise<Counted> {
  const positions = new Map<number, number>();
  let [records, bytes, largestBatch, gaps] = [0, 0, 0, 0];
  const consumer: LogConsumer = {
    assign: async (partition) => ({ kind: 'start', offset: positions.get(partition) ?? 0 }),
    batch: async (batch: LogBatch): Promise<BatchOutcome> => {
      let size = 0;
      for (const { offset, value } of batch.records) {
        if (offset !== (positions.get(batch.partition) ?? 0)) gaps += 1;
        positions.set(batch.partition, offset + 1);
        size += value?.length ?? 0;
      }
      records += batch.records.length;
      bytes += size;
      largestBatch = Math.max(largestBatch, size);
      return { kind: 'processed' };
    },
    caughtUp: () => undefined,
    revoke: async () => undefined,
  };
  const stop = new AbortController();
  const running = log.run(consumer, stop.signal);
  await until(
    async () => {
      const bounds = await Promise.all(Array.from({ length: partitions }, (_, partition) => log.bounds(partition)));
      return bounds.filter(({ high }, partition) => (positions.get(partition) ?? 0) < high).length <= new Set(stops).size;
    },
    'everything is read',
    120_000,
  );
  stop.abort();
  await running;
  expect(gaps).toBe(0);
  return { records, bytes, largestBatch, stopped: stops };
}

describe('one fetch', () => {
  it('brings records of 1 to 10 MiB in every compression', async () => {
    const { options, log, stops } = await fresh(1);
    let sent = 0;
    let bytes = 0;
    // gzip and none: the client beside ours has no other codec of its own before ours are registered, which they are here.
    for (const compression of [compressions.None, compressions.GZIP, compressions.Snappy, compressions.LZ4, compressions.ZSTD]) {
      for (const size of [1, 4, 10]) {
        // Half of it can be compressed.
        const value = Buffer.concat([randomBytes((size * MIB) / 2), Buffer.alloc((size * MIB) / 2, 'x')]);
        await withProducer(broker.brokers, (producer) =>
          producer.send({ topic: options.topics.deliveryEvents, compression, messages: [{ key: 'k', value }] }),
        );
        sent += 1;
        bytes += value.length;
      }
    }
    const read = await readAll({ log, stops }, 1);
    console.log(`records of 1 to 10 MiB: ${read.records} of ${sent}, ${Math.round(read.bytes / MIB)} MiB`);
    expect(read).toMatchObject({ records: sent, bytes, stopped: [] });
  });

  it('brings 200,000 tiny records', async () => {
    const { options, log, stops } = await fresh(1);
    const messages = Array.from({ length: 10_000 }, () => ({ partition: 0, key: 'k', value: '1' }));
    await withProducer(broker.brokers, async (producer) => {
      for (let batch = 0; batch < 20; batch += 1) {
        await producer.send({ topic: options.topics.deliveryEvents, compression: compressions.ZSTD, messages });
      }
    });
    const read = await readAll({ log, stops }, 1);
    console.log(`tiny records: ${read.records} of 200000`);
    expect(read).toMatchObject({ records: 200_000, stopped: [] });
  });

  it('holds a bounded amount of what comes out of small batches, and gets all of it in the end', async () => {
    const partitions = 4;
    const { options, log, stops } = await fresh(partitions);
    // 48 batches that become 8 MiB each: 384 MiB that travel as less than 1 MiB.
    await withProducer(broker.brokers, async (producer) => {
      for (let batch = 0; batch < 48; batch += 1) {
        const messages = Array.from({ length: 32 }, () => ({ partition: batch % partitions, key: 'k', value: Buffer.alloc(MIB / 4, 'x') }));
        await producer.send({ topic: options.topics.deliveryEvents, compression: compressions.GZIP, messages });
      }
    });
    const read = await readAll({ log, stops }, partitions);
    console.log(
      `expanding batches: ${read.records} of ${48 * 32}, ${Math.round(read.bytes / MIB)} MiB, at most ${Math.round(read.largestBatch / MIB)} MiB at once`,
    );
    expect(read).toMatchObject({ records: 48 * 32, bytes: 384 * MIB, stopped: [] });
    expect(read.largestBatch).toBeLessThanOrEqual(32 * MIB + 8 * MIB);
  });

  it('stops at a bomb, loudly and in its partition only', async () => {
    const { options, log, stops } = await fresh(2);
    const bomb = Buffer.alloc(80 * MIB);
    expect(gzipSync(bomb).length).toBeLessThan(MIB);
    await withProducer(broker.brokers, async (producer) => {
      const topic = options.topics.deliveryEvents;
      await producer.send({ topic, compression: compressions.GZIP, messages: [{ partition: 0, key: 'k', value: bomb }] });
      await producer.send({ topic, messages: [{ partition: 1, key: 'k', value: 'fine' }] });
    });
    const read = await readAll({ log, stops }, 2);
    console.log(`a bomb of ${bomb.length / MIB} MiB: ${read.records} record of the other partition, ${read.stopped.length} stop`);
    expect(read.records).toBe(1);
    expect(read.bytes).toBeLessThan(MOST_AT_ONCE);
    expect(read.stopped[0]).toMatch(/more than|larger|maxOutputLength/i);
  });
});
