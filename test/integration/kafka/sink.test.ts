import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectKafka, type KafkaLog, type KafkaOptions, type ReadRecord } from '@desist/log-kafka';
import { partitionOf } from '@desist/pipeline';
import type { Topic } from '@desist/pipeline';

import { sharedBroker, type SharedBroker } from './shared-broker.ts';
import { withAdmin } from './raw.ts';
import { freshOptions, until } from './support.ts';

let broker: SharedBroker;
let options: KafkaOptions;
let log: KafkaLog;

beforeAll(async () => {
  broker = await sharedBroker();
  options = freshOptions(broker.brokers);
  log = connectKafka(options);
  await until(() => log.ensureTopics({ partitions: 4 }).catch(() => null), 'a broker that serves');
});
afterAll(async () => {
  await log.close();
});

async function all(from: KafkaLog, topic: Topic, last?: number): Promise<ReadRecord[]> {
  const records: ReadRecord[] = [];
  for await (const record of from.readTopic(topic, last === undefined ? {} : { last })) records.push(record);
  return records;
}

describe('append', () => {
  test('cuts what is too large for one batch, keeps the order per key, and answers where each record is', async () => {
    // 6 MB for 3 keys: any one partition gets more than a batch may have.
    const records = Array.from({ length: 6_000 }, (_, i) => ({ key: `key-${String(i % 3)}`, value: `${String(i)}:${'x'.repeat(1_000)}` }));
    const positions = await log.append('suppressionEvents', records);
    expect(positions).toHaveLength(records.length);
    const stored = new Map(
      (await all(log, 'suppressionEvents')).map((record) => [`${String(record.partition)}/${String(record.offset)}`, record]),
    );
    expect(stored.size).toBe(records.length);
    positions.forEach(({ partition, offset }, i) => {
      const record = stored.get(`${String(partition)}/${String(offset)}`);
      expect(String(record?.value)).toBe(records[i]?.value);
      expect(partition).toBe(partitionOf(Buffer.from(records[i]?.key ?? ''), 4));
    });
    for (const key of ['key-0', 'key-1', 'key-2']) {
      const offsets = positions.filter((_, i) => records[i]?.key === key).map(({ offset }) => offset);
      expect(offsets).toEqual([...offsets].sort((a, b) => a - b));
    }
  });

  test('appends at the same time all get their own positions', async () => {
    const before = (await all(log, 'deliveryEvents')).length;
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        log.append('deliveryEvents', [
          { key: `k${String(i)}`, value: `a${String(i)}` },
          { key: `k${String(i)}`, value: `b${String(i)}` },
        ]),
      ),
    );
    const stored = new Map(
      (await all(log, 'deliveryEvents')).map((record) => [`${String(record.partition)}/${String(record.offset)}`, String(record.value)]),
    );
    expect(stored.size).toBe(before + 100);
    answers.forEach((positions, i) => {
      expect(positions.map(({ partition, offset }) => stored.get(`${String(partition)}/${String(offset)}`))).toEqual([
        `a${String(i)}`,
        `b${String(i)}`,
      ]);
    });
  });

  test('bytes, headers and records without key arrive as they are', async () => {
    const value = new Uint8Array([0, 255, 128, 10]);
    await log.append('deadLetters', [
      { key: null, value, headers: { reason: 'unreadable', partition: '3' } },
      { key: new Uint8Array([1, 2]), value: null },
    ]);
    const [first, second] = await all(log, 'deadLetters');
    expect(first).toMatchObject({ key: null, value: Buffer.from(value), headers: { reason: 'unreadable', partition: '3' } });
    expect(second).toMatchObject({ key: Buffer.from([1, 2]), value: null });
  });

  test('a record that the topic refuses rejects its own append as `refused`, and no other', async () => {
    const outcomes = await Promise.allSettled([
      log.append('suppressions', [{ key: 'a', value: '1' }]),
      log.append('suppressions', [{ key: 'b', value: 'x'.repeat(2_000_000) }]),
      log.append('suppressions', [{ key: null, value: 'no key in a compacted topic' }]),
      log.append('suppressions', [{ key: 'c', value: '1' }]),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ name: 'LogError', kind: 'refused' });
    }
  });

  test('to a topic that does not exist', async () => {
    const other = connectKafka(freshOptions(broker.brokers));
    await expect(other.append('suppressions', [{ key: 'a', value: '1' }])).rejects.toMatchObject({ kind: 'misconfigured' });
    await other.close();
  });

  test('to a broker that is not there', async () => {
    const other = connectKafka(freshOptions(['127.0.0.1:1']));
    await expect(other.append('suppressions', [{ key: 'a', value: '1' }])).rejects.toMatchObject({ kind: 'unavailable' });
    await other.close();
  });
});

describe('reading back', () => {
  test('the last record of each key, tombstones included', async () => {
    await log.append('suppressions', [
      { key: 'p', value: '1' },
      { key: 'q', value: '1' },
      { key: 'p', value: '2' },
      { key: 'q', value: null },
    ]);
    const latest = await log.readCompacted('suppressions');
    expect(String(latest.get('p')?.value)).toBe('2');
    expect(latest.get('q')?.value).toBeNull();
  });

  test('only the tail, and nothing of an empty topic', async () => {
    const tail = await all(log, 'suppressionEvents', 2);
    const perPartition = new Map<number, number>();
    for (const { partition } of tail) perPartition.set(partition, (perPartition.get(partition) ?? 0) + 1);
    expect(tail.length).toBeGreaterThan(0);
    for (const count of perPartition.values()) expect(count).toBe(2);
    const other = connectKafka(freshOptions(broker.brokers));
    await other.ensureTopics({ partitions: 2 });
    expect(await all(other, 'deliveryEvents')).toEqual([]);
    await other.close();
  });

  test('may be left in the middle, and leaves no group behind', async () => {
    for await (const record of log.readTopic('suppressionEvents')) {
      expect(record.offset).toBeGreaterThanOrEqual(0);
      break;
    }
    const { groups } = await withAdmin(broker.brokers, (admin) => admin.listGroups());
    expect(groups.filter(({ groupId }) => groupId.startsWith(options.groupId))).toEqual([]);
  });
});

describe('topics', () => {
  test('one that was deleted fails no question about others, and is made again', async () => {
    const mine = freshOptions(broker.brokers);
    const other = connectKafka(mine);
    await other.ensureTopics({ partitions: 1 });
    // The connection has now been asked about both.
    await other.deadLetterBounds();
    await expect(other.bounds(0)).resolves.toEqual({ low: 0, high: 0 });
    await withAdmin(broker.brokers, async (admin) => {
      await admin.deleteTopics({ topics: [mine.topics.deadLetters] });
      await until(async () => !(await admin.listTopics()).includes(mine.topics.deadLetters), 'the topic is gone');
    });
    await expect(other.bounds(0)).resolves.toEqual({ low: 0, high: 0 });
    await expect(other.ensureTopics({ partitions: 1 })).resolves.toMatchObject({ created: [mine.topics.deadLetters] });
    await other.close();
  });

  test('are made as they must be, and made once', async () => {
    const mine = freshOptions(broker.brokers);
    const other = connectKafka(mine);
    await expect(other.checkTopics()).resolves.toHaveLength(4);
    const report = await other.ensureTopics({ partitions: 3 });
    expect(report.created).toEqual([
      mine.topics.deliveryEvents,
      mine.topics.suppressionEvents,
      mine.topics.suppressions,
      mine.topics.deadLetters,
    ]);
    expect(report.problems).toEqual([]);
    await expect(other.ensureTopics({ partitions: 3 })).resolves.toEqual({ created: [], problems: [] });
    await expect(other.partitions()).resolves.toBe(3);
    await expect(other.bounds(2)).resolves.toEqual({ low: 0, high: 0 });
    await expect(other.bounds(3)).rejects.toMatchObject({ kind: 'misconfigured' });
    await expect(other.checkTopics({ partitions: 5 })).resolves.toMatchObject([{ severity: 'error', topic: mine.topics.deliveryEvents }]);
    await expect(other.ping()).resolves.toBe(1);
    await other.close();
  });

  test('that others created wrongly are reported, one by one', async () => {
    const mine = freshOptions(broker.brokers);
    const { deliveryEvents, suppressionEvents, suppressions } = mine.topics;
    const entries = (config: Record<string, string>) => Object.entries(config).map(([name, value]) => ({ name, value }));
    await withAdmin(broker.brokers, (admin) =>
      admin.createTopics({
        topics: [
          { topic: deliveryEvents, configEntries: entries({ 'message.timestamp.type': 'CreateTime', 'retention.ms': '3600000' }) },
          { topic: suppressionEvents, configEntries: entries({ 'cleanup.policy': 'compact' }) },
          { topic: suppressions, configEntries: entries({ 'cleanup.policy': 'compact,delete', 'delete.retention.ms': '1000' }) },
        ],
      }),
    );
    const other = connectKafka(mine);
    const problems = await other.checkTopics();
    const told = problems.map(({ severity, topic, what }) => `${severity} ${topic.split('-')[0] ?? ''} ${what.split(' ')[0] ?? ''}`).sort();
    expect(told).toEqual([
      'error changes cleanup.policy',
      'error dead does',
      'error list cleanup.policy',
      'warning in keeps',
      'warning in message.timestamp.type',
      'warning list tombstones',
    ]);
    await other.close();
  });
});
