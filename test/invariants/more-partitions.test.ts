/** The runbook "More partitions" of docs/operations.md, walked through on a real broker and a real Postgres. */
import { randomUUID } from 'node:crypto';
import kafkajs from 'kafkajs';
import { partitionOf } from '@desist/pipeline';
import { openServer } from '@desist/store-postgres';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { desist, startService } from '../e2e/desist.ts';
import type { Service, Variables } from '../e2e/desist.ts';
import { sharedBroker } from '../integration/kafka/shared-broker.ts';
import type { SharedBroker } from '../integration/kafka/shared-broker.ts';
import { until } from '../integration/kafka/support.ts';
import { createDatabase } from '../support/servers/postgres.ts';

const BEFORE = 3;
const AFTER = 5;
const EACH = 40;

let broker: SharedBroker;
beforeAll(async () => {
  broker = await sharedBroker();
});
afterAll(async () => {});

const client = (): InstanceType<typeof kafkajs.Kafka> =>
  new kafkajs.Kafka({ brokers: [...broker.brokers], clientId: 'test', logLevel: kafkajs.logLevel.NOTHING });
const names = (group: string): readonly string[] => Array.from({ length: EACH }, (_, index) => `${group}${index}@example.com`);

/** As a producer does that knows the topic as it is now. */
async function produce(topic: string, addresses: readonly string[]): Promise<void> {
  const producer = client().producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
  await producer.connect();
  const messages = addresses.map((recipient) => ({
    key: `default/${recipient}`,
    value: JSON.stringify({ version: 1, id: randomUUID(), recipient, type: 'complained', occurredAt: new Date().toISOString() }),
  }));
  await producer.send({ topic, messages });
  await producer.disconnect();
}

async function suppressed(service: Service, recipients: readonly string[]): Promise<number> {
  const answer = await fetch(`${service.url}/v1/check`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ recipients }),
  });
  const { results } = (await answer.json()) as { results: readonly { readonly allowed: boolean }[] };
  return results.filter(({ allowed }) => !allowed).length;
}

describe('a topic that was given more partitions', () => {
  it('stops the engine loudly, and nothing of it is lost on the way out', async () => {
    const id = randomUUID().slice(0, 8);
    const { url, drop } = await createDatabase(inject('databaseUrl') ?? '');
    const topic = `in-${id}`;
    const env: Variables = {
      DATABASE_URL: url,
      KAFKA_BROKERS: broker.brokers.join(','),
      KAFKA_GROUP_ID: `group-${id}`,
      DESIST_TOPIC_DELIVERY_EVENTS: topic,
      DESIST_TOPIC_SUPPRESSION_EVENTS: `changes-${id}`,
      DESIST_TOPIC_SUPPRESSIONS: `list-${id}`,
      DESIST_TOPIC_DEAD_LETTERS: `dead-${id}`,
      DESIST_PARTITIONS: String(BEFORE),
      DESIST_CLOCK_GRACE: '1s',
    };
    expect(await desist(['migrate'], env)).toMatchObject({ code: 0 });
    const first = await startService(env);
    await produce(topic, names('before'));
    await until(async () => (await suppressed(first, names('before'))) === EACH, 'all of before are suppressed');

    const admin = client().admin();
    await admin.connect();
    await admin.createPartitions({ topicPartitions: [{ topic, count: AFTER }] });
    await until(async () => (await admin.fetchTopicOffsets(topic).catch(() => [])).length === AFTER, 'the new partitions have a leader');
    await admin.disconnect();
    await produce(topic, names('after'));
    const problems = await until(async () => {
      const answer = await fetch(`${first.url}/readyz`);
      return answer.status === 503 ? JSON.stringify(await answer.json()) : null;
    }, 'the engine is not ready');
    expect(problems).toContain(`${topic} has ${AFTER} partitions, but the recipients in this database are distributed over ${BEFORE}`);
    expect(first.said()).toContain('More partitions');
    const sick = await desist(['doctor'], { ...env, DESIST_URL: first.url });
    expect(sick.code).toBe(1);
    expect(sick.out).toContain('More partitions');
    await until(async () => {
      const status = JSON.parse((await desist(['status', '--json'], { DESIST_URL: first.url })).out) as {
        partitions: { stopped: string | null; outbox: number }[];
      };
      return status.partitions.length === BEFORE && status.partitions.every((one) => one.stopped !== null && one.outbox === 0);
    }, 'every partition is stopped, and all of it is published');
    expect(await first.stop()).toBe(0);
    const db = openServer({ url, applicationName: 'test', onIdleError: () => undefined });
    const misplaced = async (): Promise<number> =>
      (await db.query('select tenant, address, partition from desist.recipient')).filter(
        ({ tenant, address, partition }) => partitionOf(Buffer.from(`${String(tenant)}/${String(address)}`), BEFORE) !== partition,
      ).length;
    // What the window before the stop may have brought, here by hand: somebody new in a partition of the larger number.
    await db.query(
      "update desist.recipient set partition = (partition + 1) % 3 where address in ('before1@example.com', 'before2@example.com')",
    );
    expect(await misplaced()).toBeGreaterThanOrEqual(2);

    const anew = { ...env, DESIST_TOPIC_DELIVERY_EVENTS: `${topic}-2` };
    expect(await desist(['migrate'], anew)).toMatchObject({ code: 0 });
    const without = await desist(['doctor', '--resume', 'all'], anew);
    expect(without.code).toBe(2);
    expect(without.err).toContain('--accept-gap');
    expect(await desist(['doctor', '--resume', 'all', '--accept-log', '--accept-gap'], anew)).toMatchObject({ code: 0 });
    expect(await desist(['doctor', '--resume', 'all', '--accept-log', '--accept-gap'], anew)).toMatchObject({ code: 2 });
    expect(await desist(['recover', '--from', `${topic}-2`], anew)).toMatchObject({ code: 2 });
    const recovered = await desist(['recover', '--from', topic, '--json'], anew);
    expect(recovered).toMatchObject({ code: 0, err: '' });
    expect(JSON.parse(recovered.out)).toMatchObject({ recordsAppended: 2 * EACH });
    expect((JSON.parse(recovered.out) as { recipientsMoved: number }).recipientsMoved).toBeGreaterThanOrEqual(2);
    expect(await misplaced()).toBe(0);

    const second = await startService(anew);
    await until(async () => (await suppressed(second, names('after'))) === EACH, 'all of after are suppressed');
    expect(await suppressed(second, names('before'))).toBe(EACH);
    expect((await fetch(`${second.url}/readyz`)).status).toBe(200);
    // Whoever was moved is reached where the command goes.
    expect(await desist(['release', 'before1@example.com', '--force'], { DESIST_URL: second.url })).toMatchObject({ code: 0 });
    expect(await suppressed(second, ['before1@example.com'])).toBe(0);
    expect(await misplaced()).toBe(0);
    const counted = await db.query('select sum(count)::integer as counted from desist.suppression_count');
    expect(counted).toEqual([{ counted: 2 * EACH - 1 }]);
    expect(await second.stop()).toBe(0);
    await db.close();
    await drop();
  });
});
