/** A checkpoint whose log is another one, on a real broker: a topic made anew that has grown past it, and another topic. */
import kafkajs from 'kafkajs';
import { beforeAll, expect, test } from 'vitest';
import { DEFAULT_POLICY } from '@desist/domain';
import { encodeEvent } from '@desist/formats/event';
import { connectKafka } from '@desist/log-kafka';
import type { KafkaLog, KafkaOptions } from '@desist/log-kafka';
import { createMemoryStore } from '@desist/memory';
import type { MemoryStore } from '@desist/memory';
import { createEngine } from '@desist/pipeline';
import { systemTime } from '@desist/runtime';
import { codec } from '@desist/runtime/codec';
import { deferred } from '../../support/oracle/events.ts';
import { sharedBroker } from './shared-broker.ts';
import type { SharedBroker } from './shared-broker.ts';
import { freshOptions, silent, until } from './support.ts';

let broker: SharedBroker;
beforeAll(async () => {
  broker = await sharedBroker();
});

const ensure = (log: KafkaLog): Promise<unknown> => until(() => log.ensureTopics({ partitions: 1 }).catch(() => null), 'topics');

const fill = (log: KafkaLog, prefix: string, count: number): Promise<unknown> =>
  log.append(
    'deliveryEvents',
    Array.from({ length: count }, (_, n) =>
      encodeEvent(deferred(Date.now(), { id: `${prefix}${n}`, recipient: `${prefix}${n}@example.com` })),
    ),
  );

/** An engine on the store until the condition holds. */
async function run(options: KafkaOptions, store: MemoryStore, condition: () => boolean): Promise<void> {
  const log = connectKafka(options);
  const policies = { version: 'sha256:test', base: DEFAULT_POLICY, tenants: new Map() };
  const engine = createEngine({ store, source: log, sink: log, codec, policies, time: systemTime, logger: silent, owner: 'me' });
  const over = new AbortController();
  const running = log.run(engine, over.signal);
  await until(condition, 'what the engine is to come to');
  over.abort();
  await running;
  await engine.close();
  await log.close();
}

async function folded(): Promise<{ readonly options: KafkaOptions; readonly store: MemoryStore }> {
  const options = freshOptions(broker.brokers);
  const log = connectKafka(options);
  await ensure(log);
  await fill(log, 'a', 3);
  const store = createMemoryStore();
  await run(options, store, () => store.checkpoint(0)?.nextOffset === 3);
  // The same topic, a later owner: it reads the last record a second time, and goes on.
  await fill(log, 'b', 1);
  await run(options, store, () => store.checkpoint(0)?.nextOffset === 4);
  expect(store.checkpoint(0)?.stopped).toBeNull();
  await log.close();
  return { options, store };
}

test('a topic that was deleted, made anew and grown past the checkpoint stops the partition, and nothing of it is skipped', async () => {
  const { options, store } = await folded();
  const admin = new kafkajs.Kafka({ brokers: [...broker.brokers], logLevel: kafkajs.logLevel.NOTHING }).admin();
  await admin.connect();
  await admin.deleteTopics({ topics: [options.topics.deliveryEvents] });
  await until(async () => !(await admin.listTopics()).includes(options.topics.deliveryEvents), 'it is gone');
  await admin.disconnect();
  const log = connectKafka(options);
  await ensure(log);
  await fill(log, 'c', 9);
  await log.close();
  await run(options, store, () => (store.checkpoint(0)?.stopped ?? null) !== null);
  expect(store.checkpoint(0)?.stopped).toContain('record 3 is another one than was folded');
  expect(store.checkpoint(0)?.nextOffset).toBe(4);
});

test('another topic than that of the first claim stops the partition', async () => {
  const { options, store } = await folded();
  const other = { ...options, topics: { ...options.topics, deliveryEvents: freshOptions(broker.brokers).topics.deliveryEvents } };
  const log = connectKafka(other);
  await ensure(log);
  await fill(log, 'd', 9);
  await log.close();
  await run(other, store, () => (store.checkpoint(0)?.stopped ?? null) !== null);
  expect(store.checkpoint(0)?.stopped).toContain('the checkpoint belongs to another log');
  expect(store.checkpoint(0)?.log).toContain(options.topics.deliveryEvents);
});
