import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { connectKafka, type KafkaLog, type KafkaOptions } from '@desist/log-kafka';

import { sharedBroker, type SharedBroker } from './shared-broker.ts';
import { withAdmin, withProducer } from './raw.ts';
import { checkpoints, freshOptions, recorder, running, until, type Checkpoints, type Running } from './support.ts';

let broker: SharedBroker;
let cleanUp: (() => Promise<void>)[] = [];

beforeAll(async () => {
  broker = await sharedBroker();
  const log = connectKafka(freshOptions(broker.brokers));
  // An open port is not a broker that serves.
  await until(() => log.ensureTopics({ partitions: 1 }).catch(() => null), 'a broker that serves');
  await log.close();
});
afterEach(async () => {
  const tasks = cleanUp;
  cleanUp = [];
  for (const task of tasks) await task();
});

async function fresh(partitions: number, over: Partial<KafkaOptions> = {}): Promise<{ options: KafkaOptions; log: KafkaLog }> {
  const options = freshOptions(broker.brokers, over);
  const log = connectKafka(options);
  cleanUp.push(() => log.close());
  await log.ensureTopics({ partitions });
  return { options, log };
}

function start(
  options: KafkaOptions,
  shared: Checkpoints,
  prepare: (consumer: ReturnType<typeof recorder>) => void = () => undefined,
): Running {
  const consumer = recorder(shared);
  prepare(consumer);
  const run = running(options, consumer);
  cleanUp.push(() => run.stop().catch(() => undefined));
  return run;
}

/** Fills given partitions with `<partition>:<offset>` values. */
async function fill(options: KafkaOptions, counts: Readonly<Record<number, number>>): Promise<void> {
  await withProducer(broker.brokers, async (producer) => {
    for (const [partition, count] of Object.entries(counts)) {
      await producer.send({
        topic: options.topics.deliveryEvents,
        messages: Array.from({ length: count }, (_, i) => ({ partition: Number(partition), key: 'k', value: `${partition}:${String(i)}` })),
      });
    }
  });
}

const total = (shared: Checkpoints): number => [...shared.values.values()].flat().length;
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

describe('where reading starts', () => {
  test('at the checkpoint of the store, whatever the group has committed, idle partitions included', async () => {
    const { options } = await fresh(3);
    await fill(options, { 0: 20, 1: 20 });
    const shared = checkpoints();
    shared.offsets.set(0, 7);
    shared.offsets.set(1, 20);
    await withAdmin(broker.brokers, (admin) =>
      admin.setOffsets({
        groupId: options.groupId,
        topic: options.topics.deliveryEvents,
        partitions: [
          { partition: 0, offset: '15' },
          { partition: 1, offset: '3' },
        ],
      }),
    );
    const run = start(options, shared);
    await until(() => shared.offsets.get(0) === 20, 'the end of partition 0');
    await until(() => run.consumer.caught.size === 3, 'the end of all');
    await run.stop();
    expect(shared.values.get(0)).toEqual(range(7, 20).map((i) => `0:${String(i)}`));
    expect(shared.values.get(1)).toBeUndefined();
    expect(run.consumer.seen.filter(({ call }) => call === 'assign')).toHaveLength(3);
    expect(run.consumer.caught.get(2)?.position).toBe(0);
    expect(run.consumer.faults).toEqual([]);
    expect(run.consumer.seen.at(-1)).toEqual({ call: 'revoke', partitions: [0, 1, 2] });
  });

  test('a slow claim of one partition holds up no other', async () => {
    const { options } = await fresh(2);
    await fill(options, { 0: 5, 1: 5 });
    const shared = checkpoints();
    const gate: PromiseWithResolvers<void> = Promise.withResolvers();
    const run = start(options, shared, (consumer) => {
      consumer.onAssign = async (partition, offset) => {
        if (partition === 0) await gate.promise;
        return { kind: 'start', offset };
      };
    });
    await until(() => shared.offsets.get(1) === 5, 'partition 1');
    expect(shared.offsets.get(0)).toBeUndefined();
    gate.resolve();
    await until(() => shared.offsets.get(0) === 5, 'partition 0');
    await run.stop();
    expect(run.consumer.faults).toEqual([]);
  });

  test('a missing topic is a misconfiguration', async () => {
    const options = freshOptions(broker.brokers);
    const run = start(options, checkpoints());
    const { error } = await until(() => run.outcome(), 'the end');
    expect(error).toMatchObject({ kind: 'misconfigured', message: expect.stringContaining('desist migrate') as string });
  });
});

describe('what the consumer answers', () => {
  test('seek: reading goes on there', async () => {
    const { options } = await fresh(1);
    await fill(options, { 0: 30 });
    const shared = checkpoints();
    let asked = false;
    const run = start(options, shared, (consumer) => {
      consumer.onBatch = (_batch, take) => {
        if (asked) return Promise.resolve(take());
        asked = true;
        shared.offsets.set(0, 12);
        return Promise.resolve({ kind: 'seek', offset: 12 });
      };
    });
    await until(() => shared.offsets.get(0) === 30, 'the end');
    await until(() => run.consumer.caught.get(0)?.position === 30, 'caught up');
    await run.stop();
    expect(shared.values.get(0)).toEqual(range(12, 30).map((i) => `0:${String(i)}`));
  });

  test('fenced: claims again, and goes on from the new checkpoint', async () => {
    const { options } = await fresh(1);
    await fill(options, { 0: 10 });
    const shared = checkpoints();
    let fenced = false;
    const run = start(options, shared, (consumer) => {
      consumer.onBatch = (_batch, take) => {
        if (fenced) return Promise.resolve(take());
        fenced = true;
        shared.offsets.set(0, 4);
        return Promise.resolve({ kind: 'fenced' });
      };
    });
    await until(() => shared.offsets.get(0) === 10, 'the end');
    await run.stop();
    expect(shared.values.get(0)).toEqual(range(4, 10).map((i) => `0:${String(i)}`));
    expect(run.consumer.seen.filter(({ call }) => call === 'assign').map((seen) => 'offset' in seen && seen.offset)).toEqual([0, 4]);
    expect(run.consumer.faults).toEqual([]);
  });

  test('stopped: that partition stands still, the other goes on, and it goes on once it may', async () => {
    const said: (string | null)[] = [];
    const { options } = await fresh(2, { observer: { stopped: (_partition, reason) => said.push(reason) } });
    await fill(options, { 0: 5, 1: 5 });
    const shared = checkpoints();
    let stopped = true;
    const run = start(options, shared, (consumer) => {
      consumer.onBatch = (batch, take) =>
        Promise.resolve(batch.partition === 0 && stopped ? { kind: 'stopped', reason: 'too many' } : take());
      consumer.onAssign = (partition, offset) =>
        Promise.resolve(
          partition === 0 && stopped && consumer.seen.some(({ call }) => call === 'batch')
            ? { kind: 'stopped', reason: 'still' }
            : { kind: 'start', offset },
        );
    });
    await until(() => shared.offsets.get(1) === 5, 'partition 1');
    await until(() => run.consumer.seen.filter((seen) => seen.call === 'assign' && seen.partition === 0).length >= 3, 'tries');
    expect(shared.offsets.get(0)).toBeUndefined();
    expect(run.consumer.caught.has(0)).toBe(false);
    stopped = false;
    await until(() => shared.offsets.get(0) === 5, 'partition 0');
    await run.stop();
    expect(said).toEqual(['too many', null]);
  });

  test('an error of the consumer ends the run with it', async () => {
    const { options } = await fresh(1);
    await fill(options, { 0: 1 });
    const bug = new RangeError('a bug');
    const run = start(options, checkpoints(), (consumer) => {
      consumer.onBatch = () => Promise.reject(bug);
    });
    expect((await until(() => run.outcome(), 'the end')).error).toBe(bug);
  });
});

describe('membership', () => {
  test('a batch that takes longer than the session keeps its place', async () => {
    const { options } = await fresh(1, { sessionTimeout: 3_000, heartbeatInterval: 500 });
    await fill(options, { 0: 3 });
    const shared = checkpoints();
    const run = start(options, shared, (consumer) => {
      consumer.onBatch = async (_batch, take) => {
        await new Promise((resolve) => setTimeout(resolve, 6_000));
        return take();
      };
    });
    await until(() => shared.offsets.get(0) === 3, 'the batch');
    await until(() => run.consumer.caught.get(0)?.position === 3, 'caught up');
    await run.stop();
    expect(run.consumer.seen.map(({ call }) => call)).toEqual(['assign', 'batch', 'revoke']);
  });

  test.each(['drain', 'keep'] as const)(
    'members come and go (%s): nothing is lost, double, or read without a claim',
    async (onRebalance) => {
      const { options, log } = await fresh(4, { onRebalance });
      const shared = checkpoints();
      let appended = 0;
      const append = async (count: number): Promise<void> => {
        await log.append(
          'deliveryEvents',
          Array.from({ length: count }, () => ({ key: `k${String(appended)}`, value: `v${String(appended++)}` })),
        );
      };
      // A slow broker may be sent some of them twice.
      const areRead = async (): Promise<boolean> => {
        const highs = await Promise.all([0, 1, 2, 3].map(async (partition) => (await log.bounds(partition)).high));
        return total(shared) === highs.reduce((sum, high) => sum + high, 0);
      };
      const first = start(options, shared);
      await append(500);
      await until(areRead, 'the first records');

      const second = start(options, shared);
      await until(() => first.consumer.held.size === 2 && second.consumer.held.size === 2, 'two and two');
      await append(500);
      await until(areRead, 'records of both');
      expect([...first.consumer.held, ...second.consumer.held].sort()).toEqual([0, 1, 2, 3]);

      await second.stop();
      await until(() => first.consumer.held.size === 4, 'all again');
      await append(500);
      await until(areRead, 'the last records');
      await first.stop();
      const values = [...shared.values.values()].flat();
      expect(values).toHaveLength(total(shared));
      expect([...new Set(values)].sort()).toEqual(Array.from({ length: 1_500 }, (_, i) => `v${String(i)}`).sort());
      expect(first.consumer.faults).toEqual([]);
      expect(second.consumer.faults).toEqual([]);
      if (onRebalance === 'keep') {
        const assigned = first.consumer.seen.flatMap((seen) => (seen.call === 'revoke' ? seen.partitions : []));
        // Two lost to the second member, then all four at the end.
        expect(assigned).toHaveLength(6);
      }
    },
  );

  test('a rebalance while a batch is under way: the drain comes before the join', async () => {
    const { options } = await fresh(2);
    await fill(options, { 0: 3, 1: 3 });
    const shared = checkpoints();
    const gate: PromiseWithResolvers<void> = Promise.withResolvers();
    const first = start(options, shared, (consumer) => {
      consumer.onBatch = async (_batch, take) => {
        await gate.promise;
        return take();
      };
      // As the engine does: a revoke ends the waiting of a batch.
      consumer.onRevoke = async () => {
        gate.resolve();
        await gate.promise;
      };
    });
    await until(() => first.consumer.seen.some(({ call }) => call === 'batch'), 'a batch');
    const second = start(options, shared);
    await until(() => second.consumer.held.size === 1 && first.consumer.held.size === 1, 'one each');
    await until(() => total(shared) === 6, 'everything');
    const calls = first.consumer.seen.map(({ call }) => call);
    expect(calls.indexOf('revoke')).toBeGreaterThan(calls.indexOf('batch'));
    expect(first.consumer.faults).toEqual([]);
    expect(second.consumer.seen.filter((seen) => seen.call === 'assign').every((seen) => seen.offset === 0 || seen.offset === 3)).toBe(
      true,
    );
  });
});

describe('the shape of the log', () => {
  test('aborted and control records leave gaps; a tail of them is passed', async () => {
    const { options } = await fresh(1);
    const { deliveryEvents: topic } = options.topics;
    await withProducer(
      broker.brokers,
      async (producer) => {
        const round = async (value: string, abort: boolean): Promise<void> => {
          const transaction = await producer.transaction();
          await transaction.send({ topic, messages: Array.from({ length: 10 }, () => ({ partition: 0, key: 'k', value })) });
          await (abort ? transaction.abort() : transaction.commit());
        };
        await round('good', false);
        await round('bad', true);
        await round('good', false);
        await round('bad', true);
      },
      `tx-${options.groupId}`,
    );
    const shared = checkpoints();
    const run = start(options, shared);
    // 4 rounds of 10 records and a marker.
    await until(() => run.consumer.caught.get(0)?.position === 44, 'the end');
    await run.stop();
    expect(shared.values.get(0)).toEqual(Array.from({ length: 20 }, () => 'good'));
    const batches = run.consumer.seen.filter((seen) => seen.call === 'batch');
    expect(batches.flatMap(({ offsets }) => offsets)).toEqual([...range(0, 10), ...range(22, 32)]);
    expect(run.consumer.seen.filter(({ call }) => call === 'assign')).toHaveLength(1);
  });

  test('`caughtUp` gives the moment before the end was asked for, and only once the backlog is done', async () => {
    let now = 1_000;
    const { options, log } = await fresh(2, { now: () => now });
    await fill(options, { 0: 10 });
    const shared = checkpoints();
    const gate: PromiseWithResolvers<void> = Promise.withResolvers();
    const run = start(options, shared, (consumer) => {
      consumer.onBatch = async (_batch, take) => {
        await gate.promise;
        return take();
      };
    });
    await until(() => run.consumer.caught.get(1)?.asOf === 1_000, 'the idle one');
    now = 5_000;
    await until(() => run.consumer.caught.get(1)?.asOf === 5_000, 'the idle one again');
    expect(run.consumer.caught.has(0)).toBe(false);
    gate.resolve();
    await until(() => run.consumer.caught.get(0), 'the other');
    expect(run.consumer.caught.get(0)?.position).toBe(10);
    now = 9_000;
    await until(() => run.consumer.caught.get(0)?.asOf === 9_000, 'the present');
    await log.append('deliveryEvents', [
      { key: 'k', value: 'v' },
      { key: 'l', value: 'v' },
    ]);
    await until(() => total(shared) === 12, 'later records');
    await run.stop();
  });

  test('records deleted beyond the checkpoint: the batch says so, and the bounds', async () => {
    const { options, log } = await fresh(1);
    await fill(options, { 0: 100 });
    await withAdmin(broker.brokers, async (admin) => {
      await admin.fetchTopicOffsets(options.topics.deliveryEvents);
      await admin.deleteTopicRecords({ topic: options.topics.deliveryEvents, partitions: [{ partition: 0, offset: '60' }] });
    });
    const shared = checkpoints();
    shared.offsets.set(0, 20);
    const run = start(options, shared, (consumer) => {
      consumer.onBatch = async (batch, take) => {
        const { low } = await log.bounds(0);
        return batch.firstOffset > 20 && low > 20 ? { kind: 'stopped', reason: `lost up to ${String(low)}` } : take();
      };
    });
    await until(() => run.consumer.seen.find(({ call }) => call === 'batch'), 'a batch');
    await expect(log.bounds(0)).resolves.toEqual({ low: 60, high: 100 });
    await run.stop();
    expect(run.consumer.seen.find((seen) => seen.call === 'batch')?.offsets[0]).toBe(60);
    expect(run.consumer.caught.has(0)).toBe(false);
    expect(shared.values.get(0)).toBeUndefined();
  });

  test('a topic that was made anew: the consumer is asked again when it is empty, and sees a high watermark below its checkpoint', async () => {
    const { options } = await fresh(1);
    const shared = checkpoints();
    shared.offsets.set(0, 500);
    const run = start(options, shared, (consumer) => {
      consumer.onBatch = (batch, take) => Promise.resolve(batch.highWatermark < 500 ? { kind: 'stopped', reason: 'made anew' } : take());
    });
    await until(() => run.consumer.seen.filter(({ call }) => call === 'assign').length === 2, 'a second look');
    await fill(options, { 0: 10 });
    await until(() => run.consumer.seen.some(({ call }) => call === 'batch'), 'a batch');
    await run.stop();
    expect(shared.values.get(0)).toBeUndefined();
    expect(run.consumer.caught.has(0)).toBe(false);
  });
});
