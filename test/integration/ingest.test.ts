/** `desist ingest` on a real Kafka and a real Postgres, killed again and again: nothing is lost, and nothing is two events. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createHmac, randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectKafka } from '@desist/log-kafka';
import type { KafkaLog } from '@desist/log-kafka';
import { createFeedPositions, migrate, openServer } from '@desist/store-postgres';
import type { Database } from '@desist/store-postgres';
import kafkajs from 'kafkajs';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { createDatabase } from '../support/servers/postgres.ts';
import type { TestDatabase } from '../support/servers/postgres.ts';
import { startBroker } from './kafka/broker.ts';
import type { Broker } from './kafka/broker.ts';
import { freshOptions, until } from './kafka/support.ts';
import { programOf } from '../support/servers/programs.ts';

const PARTITIONS = 3;
const LONG = process.env['DESIST_LONG'] === '1';
const KILLS = LONG ? 30 : 5;
const KEY = 'mailgun-signing-key';

describe.skipIf(inject('databaseUrl') === undefined)('desist ingest', () => {
  let broker: Broker;
  let database: TestDatabase;
  let db: Database;
  let log: KafkaLog;
  let folder: string;
  const running = new Set<ChildProcess>();

  beforeAll(async () => {
    [broker, database] = await Promise.all([startBroker(), createDatabase(inject('databaseUrl')!)]);
    db = openServer({ url: database.url, applicationName: 'desist-tests', onIdleError: () => undefined });
    await migrate(db);
    folder = await mkdtemp(join(tmpdir(), 'desist-ingest-'));
    await writeFile(
      join(folder, 'sources.yaml'),
      `sources:
  kumo: { format: kumomta, tenant: acme, topic: kumomta-log }
  mg: { format: mailgun, tenant: acme, webhook: { check: mailgun, secrets: env:MAILGUN_KEY } }
`,
    );
    const { clientId, logger } = freshOptions(broker.brokers);
    const topics = {
      deliveryEvents: 'delivery-events',
      suppressionEvents: 'suppression-events',
      suppressions: 'suppressions',
      deadLetters: 'delivery-events-dead-letters',
    };
    log = connectKafka({ brokers: broker.brokers, clientId, groupId: 'test-reader', topics, logger });
    await log.ensureTopics({ partitions: PARTITIONS });
  });
  afterAll(async () => {
    for (const child of running) child.kill('SIGKILL');
    await log.close();
    await db.close();
    await broker.stop();
    await database.drop();
    await rm(folder, { recursive: true, force: true });
  });

  /** Its own exit, and the URL once it serves. */
  function start(): { child: ChildProcess; url: Promise<string>; ended: Promise<number | null> } {
    const child = spawn(process.execPath, programOf('ingest'), {
      env: {
        PATH: process.env['PATH'] ?? '',
        DATABASE_URL: database.url,
        KAFKA_BROKERS: broker.brokers.join(','),
        KAFKA_SESSION_TIMEOUT: '6s',
        DESIST_SOURCES: join(folder, 'sources.yaml'),
        DESIST_HTTP: '127.0.0.1:0',
        DESIST_LOG_LEVEL: 'warn',
        MAILGUN_KEY: KEY,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.add(child);
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    void ended.then(() => running.delete(child));
    let said = '';
    const url = new Promise<string>((resolve, reject) => {
      const hear = (chunk: Buffer): void => {
        said += chunk.toString();
        const match = /accepts events, at (http:\S+)/.exec(said);
        if (match?.[1] !== undefined) resolve(match[1]);
      };
      child.stdout?.on('data', hear);
      child.stderr?.on('data', hear);
      void ended.then(() => reject(new Error(said)));
    });
    url.catch(() => undefined);
    return { child, url, ended };
  }

  async function eventsIn(): Promise<Map<string, { key: string; value: string }[]>> {
    const byId = new Map<string, { key: string; value: string }[]>();
    for await (const { key, value } of log.readTopic('deliveryEvents')) {
      const text = value?.toString() ?? '';
      const { id, messageId } = JSON.parse(text) as { id: string; messageId: string };
      const name = `${messageId} ${id}`;
      byId.set(name, [...(byId.get(name) ?? []), { key: key?.toString() ?? '', value: text }]);
    }
    return byId;
  }

  test('a provider topic that is missing is named, with what to do; made, it is read', async () => {
    const { child, url, ended } = start();
    const problems = async (): Promise<readonly string[]> => {
      const answer = await fetch(`${await url}/readyz`);
      expect(answer.status).toBe(200);
      return ((await answer.json()) as { problems: readonly string[] }).problems;
    };
    await until(async () => (await problems()).length > 0, 'the problem is told');
    expect(await problems()).toEqual([
      'source kumo: the topic kumomta-log does not exist: make it, or correct `topic` of the source kumo in the sources file',
    ]);
    const kafka = new kafkajs.Kafka({ brokers: [...broker.brokers], logLevel: kafkajs.logLevel.NOTHING });
    const admin = kafka.admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: 'kumomta-log', numPartitions: PARTITIONS }], waitForLeaders: false });
    await admin.disconnect();
    await until(async () => (await problems()).length === 0, 'it is read');
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
  });

  test(
    `a provider topic that grows all the time, the process killed ${KILLS} times in the middle of its work`,
    { timeout: 600_000 },
    async () => {
      const kafka = new kafkajs.Kafka({ brokers: [...broker.brokers], logLevel: kafkajs.logLevel.NOTHING });
      const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
      await producer.connect();
      const record = (index: number): string =>
        JSON.stringify({
          type: index % 3 === 0 ? 'TransientFailure' : 'Delivery',
          id: `spool-${index}`,
          sender: 'news@sender.example',
          recipient: `r${index % 500}@example.com`,
          queue: 'example.com',
          site: 'mx',
          response: { code: index % 3 === 0 ? 452 : 250, enhanced_code: null, content: index % 3 === 0 ? '4.2.2 Mailbox full' : 'OK' },
          timestamp: Math.floor(Date.now() / 1_000) - 3_600,
          num_attempts: 1,
          reception_protocol: 'ESMTP',
          nodeid: '557f3ad4-2c8c-11ee-976e-782d7e12e173',
        });
      let produced = 0;
      let letters = 0;
      let killed = 0;
      const produce = async (): Promise<void> => {
        while (killed < KILLS) {
          const values = Array.from({ length: 250 }, (_, index) => ({ value: record(produced + index) }));
          if (produced % 4_000 === 0) {
            // Told apart by their text: this test's own producer may send a batch twice.
            values.push({ value: `no JSON at all, ${produced}` });
            letters += 1;
          }
          await producer.send({ topic: 'kumomta-log', messages: values });
          produced += 250;
          // Ten times a second: faster, and most of the test would be taking over what grew while a dead member's session ran out.
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
      };
      const producing = produce();
      const positions = createFeedPositions(db);
      const taken = async (): Promise<number> => {
        const rows = await Promise.all(
          Array.from({ length: PARTITIONS }, (_, partition) => positions.position('kumo/kumomta-log', partition)),
        );
        return rows.reduce((sum, row) => sum + (row?.nextOffset ?? 0), 0);
      };
      for (; killed < KILLS; killed += 1) {
        const { child, ended } = start();
        const before = await taken();
        // In the middle of its work: it has moved on, and more is coming.
        await until(async () => (await taken()) > before, 'the topic is being taken over');
        child.kill('SIGKILL');
        await ended;
      }
      const last = start();
      await producing;
      await producer.disconnect();
      await until(async () => (await taken()) >= produced + letters, 'everything is taken over', 120_000);
      last.child.kill('SIGTERM');
      expect(await last.ended).toBe(0);

      const events = await eventsIn();
      expect(events.size).toBe(produced);
      for (const copies of events.values()) {
        // Whatever was appended twice is the same event, byte by byte, in the same place.
        expect(new Set(copies.map(({ key, value }) => key + value)).size).toBe(1);
      }
      const first = [...events.values()][0]![0]!;
      expect(first.key).toMatch(/^acme\/r\d+@example\.com$/);
      const dead: string[] = [];
      for await (const { value, headers } of log.readTopic('deadLetters')) {
        expect(headers).toMatchObject({ reason: 'unreadable', source: 'kumo', topic: 'kumomta-log' });
        dead.push(value?.toString() ?? '');
      }
      expect(new Set(dead).size).toBe(letters);
    },
  );

  test('a log is followed into Kafka itself, dead letters too; no database is needed', async () => {
    const path = join(folder, 'mail.log');
    const at = new Date(Date.now() - 3_600_000).toISOString();
    await writeFile(
      path,
      `${at} mx1 postfix/smtp[1]: 4XbF3Q2Vz1z9sN1: to=<followed@example.com>, relay=mx.example.com[192.0.2.1]:25, delay=1, dsn=5.1.1, status=bounced (host mx.example.com[192.0.2.1] said: 550 5.1.1 User unknown (in reply to RCPT TO command))
${at} mx1 postfix/qmgr[9]: 4XbF3Q2Vz1z9sN2: from=<news@sender.example>, status=expired, returned to sender
`,
    );
    const child = spawn(process.execPath, [...programOf('ingest'), '--follow', path, '--format', 'postfix', '--tenant', 'acme', '--once'], {
      env: { PATH: process.env['PATH'] ?? '', KAFKA_BROKERS: broker.brokers.join(','), DESIST_DATA: folder, DESIST_LOG_LEVEL: 'warn' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    expect(await new Promise((resolve) => child.once('close', resolve)), said).toBe(0);
    expect(said).toContain('2 lines: 1 events, 0 irrelevant, 1 dead letters');
    const keys = [...(await eventsIn()).values()].flat().map(({ key }) => key);
    expect(keys).toContain('acme/followed@example.com');
    const reasons: unknown[] = [];
    for await (const { headers } of log.readTopic('deadLetters')) if (headers['source'] === 'postfix') reasons.push(headers['reason']);
    expect(reasons).toEqual(['no_recipient']);
  });

  test('a webhook is answered when Kafka has the event, and counted', async () => {
    const { child, url, ended } = start();
    const base = await url;
    await until(async () => (await fetch(`${base}/readyz`)).status === 200, 'ready');
    const timestamp = String(Math.floor(Date.now() / 1_000));
    const post = (token: string, key = KEY): Promise<Response> =>
      fetch(`${base}/v1/webhooks/mailgun/mg`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          signature: {
            timestamp,
            token,
            signature: createHmac('sha256', key)
              .update(timestamp + token)
              .digest('hex'),
          },
          'event-data': {
            id: 'evt-1',
            event: 'failed',
            severity: 'permanent',
            timestamp: Date.now() / 1_000,
            recipient: 'gone@example.com',
            message: { headers: { 'message-id': 'm-1@sender.example' } },
            'delivery-status': { code: 550, message: '5.1.1 user unknown' },
          },
        }),
      });
    const token = randomUUID();
    const good = await post(token);
    expect([good.status, await good.json()]).toEqual([200, { accepted: 1, ignored: 0, deadLetters: 0 }]);
    const repeated = await post(token);
    expect([repeated.status, await repeated.json()]).toEqual([200, { accepted: 0, ignored: 0, deadLetters: 0 }]);
    expect((await post(randomUUID(), 'another-key')).status).toBe(403);
    const events = await eventsIn();
    expect([...events.values()].flat().some(({ key, value }) => key === 'acme/gone@example.com' && value.includes('"source":"mg"'))).toBe(
      true,
    );
    const metrics = await (await fetch(`${base}/metrics`)).text();
    expect(metrics).toContain('desist_webhook_refused_total{reason="forged"} 1');
    expect(metrics).toContain('desist_ingested_elements_total{format="mailgun",outcome="event"} 1');
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
  });
});
