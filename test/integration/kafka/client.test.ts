/** The client package on a real broker: changes once and resumable, and the replica, from the topic and from disk. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createReplica, IncompleteReplicaError, subscribe } from '@desist/client';
import type { Change } from '@desist/client';
import { connectKafka } from '@desist/log-kafka';
import type { KafkaLog, KafkaOptions } from '@desist/log-kafka';
import kafkajs from 'kafkajs';
import type { KafkaConfig } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sharedBroker } from './shared-broker.ts';
import type { SharedBroker } from './shared-broker.ts';
import { withAdmin } from './raw.ts';
import { freshOptions, until } from './support.ts';

const { logLevel } = kafkajs;
let broker: SharedBroker;
let folder: string;
let options: KafkaOptions;
let log: KafkaLog;

beforeAll(async () => {
  broker = await sharedBroker();
  folder = await mkdtemp(join(tmpdir(), 'desist-client-'));
  options = freshOptions(broker.brokers);
  log = connectKafka(options);
  await until(() => log.ensureTopics({ partitions: 3 }).catch(() => null), 'a broker that serves');
});
afterAll(async () => {
  await log.close();
  await rm(folder, { recursive: true, force: true });
});

const kafka = (): KafkaConfig => ({ brokers: [...broker.brokers], clientId: 'client-test', logLevel: logLevel.NOTHING });
const TERMS = { scope: '*', reason: 'hard_bounce', since: '2026-03-04T10:00:00.000Z', expiresAt: null };

/** Numbers of one source partition, as the relay appends them. */
async function relay(source: number, from: number, to: number): Promise<void> {
  const records = [];
  for (let number = from; number <= to; number += 1) {
    const recipient = `r${source}-${number % 5}@example.com`;
    const change = { version: 1, id: `${source}-${number}`, type: 'suppressed', tenant: 'acme', recipient, recipientVersion: number };
    const value = JSON.stringify({ ...change, suppression: TERMS, sequence: { partition: source, number } });
    records.push({ key: `acme/${recipient}`, value });
  }
  await log.append('suppressionEvents', records);
}

test('every change once, though the relay repeats and the subscriber is another process', async () => {
  const seen: string[] = [];
  const start = () =>
    subscribe({
      kafka: kafka(),
      groupId: `subscriber-${options.groupId}`,
      topic: options.topics.suppressionEvents,
      onChange: ({ id }: Change) => void seen.push(id),
    });
  await relay(0, 1, 40);
  await relay(1, 1, 20);
  await log.append('suppressionEvents', [{ key: 'acme/x@example.com', value: 'no change' }]);
  const first = await start();
  await until(() => seen.length === 60, 'the first sixty');
  await first.stop();
  // The relay died after it had appended, and does it again; then it goes on.
  await relay(0, 21, 60);
  await relay(1, 1, 30);
  const second = await start();
  await until(() => seen.length >= 90 && second.counts.duplicates === 40, 'the rest');
  await second.stop();
  expect(seen).toHaveLength(90);
  expect(new Set(seen).size).toBe(90);
});

test('a change that the handler rejects is delivered again', async () => {
  const seen: string[] = [];
  let refused = 0;
  const subscription = await subscribe({
    kafka: { ...kafka(), retry: { initialRetryTime: 50, retries: 20 } },
    groupId: `refusing-${options.groupId}`,
    topic: options.topics.suppressionEvents,
    onChange({ id }) {
      if (id === '0-7' && refused < 2) {
        refused += 1;
        throw new Error('not now');
      }
      seen.push(id);
    },
  });
  await until(() => new Set(seen).size === 90, 'all of them');
  expect(refused).toBe(2);
  await subscription.stop();
});

test('the replica: ready, fresh, tombstones; from disk it reads on, and equals the topic', async () => {
  const file = join(folder, 'replica.ndjson');
  const topic = options.topics.suppressions;
  const put = async (n: number, value: object | null) => {
    const recipient = `n${n}@example.com`;
    const held = { version: 1, tenant: 'acme', recipient, recipientVersion: 1, suppressions: [TERMS], allowed: [] };
    await log.append('suppressions', [{ key: `acme/${recipient}`, value: value === null ? null : JSON.stringify({ ...held, ...value }) }]);
  };
  for (let n = 0; n < 50; n += 1) await put(n, {});
  const begun = Date.now();
  const first = await createReplica({ kafka: kafka(), topic, file });
  await first.ready();
  expect(first.size()).toBe(50);
  expect(first.freshness()).toMatchObject({ behind: 0, unreadable: 0 });
  expect(first.freshness().asOf).toBeGreaterThanOrEqual(begun);
  expect(first.check('N7@Example.com', { tenant: 'acme' })).toEqual({ allowed: false, reasons: ['hard_bounce'], expiresAt: null });
  expect(first.check('n7@example.com', { tenant: 'other' }).allowed).toBe(true);
  await put(7, null);
  await until(() => first.check('n7@example.com', { tenant: 'acme' }).allowed, 'the tombstone');
  await first.stop();
  expect((await readFile(file, 'utf8')).split('\n')).toHaveLength(1 + 49 + 1);

  await put(8, null);
  await put(9, { suppressions: [{ ...TERMS, reason: 'complaint' }], recipientVersion: 2 });
  const second = await createReplica({ kafka: kafka(), topic, file });
  // What the file has is there before the first record comes.
  expect(second.size()).toBe(49);
  await second.ready();
  expect(second.size()).toBe(48);
  expect(second.find('acme', 'n9@example.com')).toMatchObject({ recipientVersion: 2, suppressions: [{ reason: 'complaint' }] });
  expect(second.find('acme', 'n8@example.com')).toBeUndefined();
  await second.stop();

  const tooOld = await createReplica({ kafka: kafka(), topic, file, oldestFile: -1 });
  await tooOld.ready();
  expect(tooOld.size()).toBe(48);
  await tooOld.stop();
});

describe('a replica that may lack suppressions', () => {
  const list = (count: number, from = 0) =>
    Array.from({ length: count }, (_, index) => {
      const recipient = `s${from + index}@example.com`;
      const value = { version: 1, tenant: 'acme', recipient, recipientVersion: 1, suppressions: [TERMS], allowed: [] };
      return { key: `acme/${recipient}`, value: JSON.stringify(value), headers: { version: '1', incarnation: '0' } };
    });
  const ask = { tenant: 'acme' };

  async function freshTopic(records: number): Promise<{ own: KafkaLog; topic: string; recreate: () => Promise<void> }> {
    const names = freshOptions(broker.brokers);
    const own = connectKafka(names);
    const topic = names.topics.suppressions;
    const make = () =>
      until(
        () =>
          own.ensureTopics({ partitions: 1 }).then(
            ({ created }) => created.includes(topic),
            () => null,
          ),
        'the topic is made',
      );
    await make();
    await own.append('suppressions', list(records));
    const recreate = async (): Promise<void> => {
      await withAdmin(broker.brokers, (admin) => admin.deleteTopics({ topics: [topic] }));
      await make();
    };
    return { own, topic, recreate };
  }

  test('does not say that sending is allowed before it has read up to the end', async () => {
    const { own, topic } = await freshTopic(3);
    const replica = await createReplica({ kafka: kafka(), topic });
    const before = replica.freshness();
    expect(before).toMatchObject({ complete: false, problem: expect.stringContaining('end of the topic') as string });
    expect(() => replica.check('nobody@example.com', ask)).toThrow(IncompleteReplicaError);
    await replica.ready();
    expect(replica.check('nobody@example.com', ask).allowed).toBe(true);
    expect(replica.freshness()).toMatchObject({ complete: true, problem: null });
    await replica.stop();
    await own.close();
  });

  test.each(['shorter', 'longer'])(
    'notices that its topic was made anew, %s than before; what was blocked stays blocked',
    async (length) => {
      const { own, topic, recreate } = await freshTopic(4);
      const replica = await createReplica({ kafka: kafka(), topic, whenIncomplete: 'closed' });
      await replica.ready();
      await recreate();
      await until(() => own.append('suppressions', list(length === 'longer' ? 9 : 2, 2)).catch(() => null), 'appended');
      await until(() => !replica.freshness().complete, 'it notices');
      expect(replica.freshness().problem).toContain('made anew');
      expect(replica.check('nobody@example.com', ask)).toEqual({ allowed: false, reasons: ['incomplete'], expiresAt: null });
      expect(replica.check('s0@example.com', ask).reasons).toEqual(['hard_bounce']);
      await until(() => replica.size() === (length === 'longer' ? 9 : 2), 'it reads the new topic');
      await replica.stop();
      await own.close();
    },
  );

  test('stays complete behind the markers of transactions, committed and given up', async () => {
    const { own, topic } = await freshTopic(1);
    const sink = await own.openRelaySink({ partition: 0, epoch: 1, nonce: 'n' });
    const replica = await createReplica({ kafka: kafka(), topic });
    await replica.ready();
    expect(await sink.append([{ topic: 'suppressions', records: list(3, 1) }])).toBe('appended');
    await until(() => replica.size() === 4, 'the transaction is read');
    const client = new kafkajs.Kafka(kafka());
    const producer = client.producer({ transactionalId: `given-up-${topic}`, maxInFlightRequests: 1, idempotent: true });
    await producer.connect();
    const transaction = await producer.transaction();
    await transaction.send({ topic, messages: [{ key: 'acme/never@example.com', value: '{}' }] });
    await transaction.abort();
    await producer.disconnect();
    // It compares the topic with what it has read at every tenth look.
    let seen = replica.freshness().asOf;
    for (let looks = 0; looks < 12; looks += 1) {
      await until(() => replica.freshness().asOf !== seen, 'it looks at the ends, and has read up to them');
      seen = replica.freshness().asOf;
    }
    expect(replica.freshness()).toMatchObject({ complete: true, problem: null, behind: 0 });
    expect(replica.check('nobody@example.com', ask).allowed).toBe(true);
    await sink.close();
    await replica.stop();
    await own.close();
  });

  test('a file of a topic that was made anew, and has grown longer since, is not used', async () => {
    const { own, topic, recreate } = await freshTopic(3);
    const file = join(folder, 'anew.ndjson');
    const first = await createReplica({ kafka: kafka(), topic, file });
    await first.ready();
    await first.stop();
    await recreate();
    await until(() => own.append('suppressions', list(8, 100)).catch(() => null), 'appended');
    const second = await createReplica({ kafka: kafka(), topic, file });
    await second.ready();
    expect(second.find('acme', 's0@example.com')).toBeUndefined();
    expect(second.find('acme', 's100@example.com')).toBeDefined();
    expect(second.size()).toBe(8);
    await second.stop();
    await own.close();
  });

  test('with a service it is complete when the service says that the topic is', async () => {
    const { own, topic, recreate } = await freshTopic(2);
    let listed = 3;
    let finishedAt: string | null = null;
    const service = {
      url: 'http://service',
      fetch: async () => Response.json({ listed, items: [{ partition: 0, reason: 'topic_behind', state: 'done', finishedAt }] }),
    };
    const replica = await createReplica({ kafka: kafka(), topic, service });
    await until(() => replica.freshness().problem?.includes('at least 3 are on the list'), 'it asks');
    await own.append('suppressions', list(1, 2));
    await replica.ready();
    listed = 1;
    await recreate();
    await until(() => own.append('suppressions', list(1)).catch(() => null), 'appended');
    await until(() => replica.freshness().problem?.includes('has not compared'), 'it notices');
    finishedAt = new Date(Date.now() + 60_000).toISOString();
    await until(() => replica.freshness().complete, 'the service has compared it');
    expect(replica.check('s2@example.com', ask).allowed).toBe(true);
    await replica.stop();
    await own.close();
  });
});
