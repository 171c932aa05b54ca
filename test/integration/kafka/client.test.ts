/** The client package on a real broker: changes once and resumable, and the replica, from the topic and from disk. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createReplica, subscribe } from '@desist/client';
import type { Change } from '@desist/client';
import { connectKafka } from '@desist/log-kafka';
import type { KafkaLog, KafkaOptions } from '@desist/log-kafka';
import kafkajs from 'kafkajs';
import type { KafkaConfig } from 'kafkajs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startBroker } from './broker.ts';
import type { Broker } from './broker.ts';
import { freshOptions, until } from './support.ts';

const { logLevel } = kafkajs;
let broker: Broker;
let folder: string;
let options: KafkaOptions;
let log: KafkaLog;

beforeAll(async () => {
  broker = await startBroker();
  folder = await mkdtemp(join(tmpdir(), 'desist-client-'));
  options = freshOptions(broker.brokers);
  log = connectKafka(options);
  await until(() => log.ensureTopics({ partitions: 3 }).catch(() => null), 'a broker that serves');
});
afterAll(async () => {
  await log.close();
  await broker.stop();
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

test('a change that the handler refuses is brought again', async () => {
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
