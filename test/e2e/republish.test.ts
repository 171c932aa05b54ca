/** What an operator is told on real servers: of a topic that was made anew, and of producers with another partitioner. */
import { connectKafka } from '@desist/log-kafka';
import { partitionOf } from '@desist/pipeline';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { startBroker } from '../integration/kafka/broker.ts';
import type { Broker } from '../integration/kafka/broker.ts';
import { withAdmin, withProducer } from '../integration/kafka/raw.ts';
import { freshOptions, until } from '../integration/kafka/support.ts';
import { createDatabase } from '../support/servers/postgres.ts';
import type { TestDatabase } from '../support/servers/postgres.ts';
import { desist, startService } from './desist.ts';
import type { Service, Variables } from './desist.ts';

const ALICE = 'alice@example.com';
const BOB = 'bob@example.com';
const TOPIC = 'suppressions';
let broker: Broker;
let database: TestDatabase;
let env: Variables;
let service: Service | undefined;

beforeAll(async () => {
  [broker, database] = await Promise.all([startBroker(), createDatabase(inject('databaseUrl')!)]);
  env = { DATABASE_URL: database.url, KAFKA_BROKERS: broker.brokers.join(','), DESIST_CLOCK_GRACE: '1s' };
  await until(async () => (await desist(['migrate'], env)).code === 0, 'migrated');
});
afterAll(async () => {
  await service?.stop();
  await database.drop();
  await broker.stop();
});

const urlOf = (running: Service): Variables => ({ DESIST_URL: running.url });

async function inTopic(): Promise<ReadonlyMap<string, string | null>> {
  const options = freshOptions(broker.brokers);
  const log = connectKafka({ ...options, topics: { ...options.topics, suppressions: TOPIC } });
  try {
    return new Map([...(await log.readCompacted('suppressions'))].map(([key, { value }]) => [key, value?.toString() ?? null]));
  } finally {
    await log.close();
  }
}

it('a topic that was made anew is named by doctor and brought to the table; republish says what it compared', async () => {
  service = await startService(env);
  const url = urlOf(service);
  expect((await desist(['suppress', ALICE, BOB], url)).out).toBe('suppress: 2 done\n');
  await until(async () => [...(await inTopic()).values()].filter((value) => value !== null).length === 2, 'published');
  expect(await desist(['republish'], url)).toMatchObject({ code: 0, out: 'republish: 2 compared, 0 mended\n' });
  expect(await service.stop()).toBe(0);

  await withAdmin(broker.brokers, (admin) => admin.deleteTopics({ topics: [TOPIC] }));
  await until(async () => (await desist(['migrate'], env)).code === 0, 'the topic is made again');
  const named = await desist(['doctor'], env);
  expect(named.code).toBe(1);
  expect(named.out).toMatch(/the topic of suppressions ends at 0, and ended at \d+: it was made anew/);
  expect(named.out).toContain('desist republish --partition');

  service = await startService(env);
  await until(
    async () => [...(await inTopic()).values()].filter((value) => value !== null).length === 2,
    'the engine has mended it by itself',
  );
  const status = await desist(['republish', '--status'], urlOf(service));
  expect(status.out).toContain('because the topic was made anew or had lost records');
  expect(await desist(['republish', '--partition', '99'], urlOf(service))).toMatchObject({ code: 2 });
  await until(async () => (await desist(['doctor'], { ...env, ...urlOf(service!) })).code === 0, 'doctor finds nothing wrong');
});

it('another partitioner: forget does not say done, and status, readiness and doctor name it', async () => {
  const url = urlOf(service!);
  const recipient = 'carol@example.com';
  const key = `default/${recipient}`;
  const partitions = (await withAdmin(broker.brokers, (admin) => admin.fetchTopicMetadata({ topics: ['delivery-events'] }))).topics[0]!
    .partitions.length;
  const elsewhere = (partitionOf(Buffer.from(key), partitions) + 1) % partitions;
  const occurredAt = new Date().toISOString();
  const event = { version: 1, type: 'bounced', recipient, occurredAt, smtp: { code: 550, text: '550 5.1.1 User unknown' } };
  await withProducer(broker.brokers, async (producer) => {
    await producer.send({ topic: 'delivery-events', messages: [{ key, value: JSON.stringify(event), partition: elsewhere }] });
  });
  await until(async () => (await desist(['check', recipient], url)).code === 1, 'it is suppressed');
  const forgotten = await desist(['forget', recipient, '--yes'], url);
  expect(forgotten.code).toBe(1);
  expect(forgotten.out).toContain('forget: 0 done');
  expect(forgotten.out).toMatch(/1 NOT done: wrong_key: this recipient belongs to another partition/);
  expect((await desist(['check', recipient], url)).code).toBe(1);
  const ready = await fetch(`${service!.url}/readyz`);
  expect([ready.status, JSON.stringify(await ready.json())]).toEqual([200, expect.stringContaining('another partitioner')]);
  const status = await desist(['status'], url);
  expect(status.out).toContain(`partition ${elsewhere}: 1 records of another partitioner`);
  expect(status.out).toContain('1 dead letters, wrong_key');
  const doctor = await desist(['doctor'], { ...env, ...url });
  expect(doctor.code).toBe(1);
  expect(doctor.out).toContain('records of another partitioner');
  expect(doctor.out).toContain('murmur2_random');
  expect(service!.said()).toContain('records of another partitioner: release and forget do not reach their recipients');
  expect(await desist(['forget', ALICE, '--yes'], url)).toMatchObject({ code: 0, out: 'forget: 1 done\n' });
});
