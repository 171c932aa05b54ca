/** Faults by name, on real servers of this test's own. After each: table, compacted topic and changes equal the oracle. */
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { asAddress, asTenant, DEFAULT_POLICY, HOUR } from '@desist/domain';
import { connectKafka } from '@desist/log-kafka';
import { createEngine } from '@desist/pipeline';
import { systemTime } from '@desist/runtime';
import { createStore } from '@desist/store-postgres';
import { desist } from '../e2e/desist.ts';
import type { Broker } from '../integration/kafka/broker.ts';
import { startBroker } from '../integration/kafka/broker.ts';
import { withAdmin } from '../integration/kafka/raw.ts';
import { silent, until } from '../integration/kafka/support.ts';
import type { EngineProcess } from '../support/load/engine-process.ts';
import type { Planted } from '../support/load/events.ts';
import { randomOf, tenDays } from '../support/load/events.ts';
import type { Installation } from '../support/load/installation.ts';
import { install, PARTITIONS } from '../support/load/installation.ts';
import { startProxy } from '../support/load/proxy.ts';
import { verify } from '../support/load/verify.ts';
import type { PostgresServer } from '../support/servers/postgres.ts';
import { startPostgres } from '../support/servers/postgres.ts';
import { codec } from '@desist/runtime/codec';

const SESSION = { KAFKA_SESSION_TIMEOUT: '3s', KAFKA_HEARTBEAT_INTERVAL: '500ms', KAFKA_REQUEST_TIMEOUT: '6s' };
const TEXT = '452 4.2.2 Mailbox full';

describe.skipIf(inject('databaseUrl') === undefined)('faults', () => {
  let broker: Broker;
  let postgres: PostgresServer;
  let world: Installation;

  beforeAll(async () => {
    [broker, postgres] = await Promise.all([startBroker(), startPostgres()]);
  });
  afterAll(async () => {
    await broker.stop();
    await postgres.stop();
  });
  beforeEach(async () => {
    world = await install(postgres.url, broker.brokers, 'CreateTime');
  });
  afterEach(async () => {
    await world.close();
  });

  const load = (seed: number, size = 1): readonly Planted[] =>
    tenDays({ seed, end: Date.now() - HOUR, failing: 600 * size, healthy: 20_000 * size });

  async function stopped(engine: EngineProcess): Promise<void> {
    engine.signal('SIGTERM');
    expect(await engine.ended(), engine.lastWords()).toBe(0);
  }

  it('the answer to COMMIT is lost, again and again', async () => {
    const random = randomOf(3);
    const proxy = await startProxy(world.databaseUrl, () => random() < 0.3);
    try {
      const planted = load(11);
      await world.fill(planted);
      const engine = world.engine(SESSION, proxy.url);
      await world.settled();
      await stopped(engine);
      expect(proxy.cut()).toBeGreaterThan(3);
      await verify(world, planted);
    } finally {
      await proxy.close();
    }
  });

  it('the answer to a produce request is lost, again and again', async () => {
    const random = randomOf(5);
    let cuts = 0;
    const log = connectKafka({
      ...world.options,
      requestTimeout: 3_000,
      socketFactory: ({ host, port, onConnect }) => {
        const socket = connect({ host, port }, onConnect);
        let cutting = false;
        const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
        socket.write = ((frame: Uint8Array, ...rest: unknown[]) => {
          // Request header: size (4 bytes), API key (2 bytes); 0 is Produce.
          if (Buffer.from(frame).readInt16BE(4) === 0 && random() < 0.4) cutting = true;
          return write(frame, ...rest);
        }) as typeof socket.write;
        const emit = socket.emit.bind(socket) as (event: string, ...args: unknown[]) => boolean;
        socket.emit = ((event: string, ...args: unknown[]) => {
          if (event !== 'data' || !cutting) return emit(event, ...args);
          cutting = false;
          cuts += 1;
          // With an error, as a lost connection has: of `close` alone kafkajs takes no notice.
          socket.destroy(new Error('the connection was cut'));
          return true;
        }) as typeof socket.emit;
        return socket;
      },
    });
    const planted = load(12, 3);
    await world.fill(planted);
    const policies = { version: 'sha256:test', base: DEFAULT_POLICY, tenants: new Map() };
    const limits = { records: 2_000, rows: 100, interval: 50 };
    const store = createStore(world.db);
    const engine = createEngine({
      store,
      source: log,
      sink: log,
      codec: codec,
      policies,
      time: systemTime,
      logger: silent,
      owner: 'test',
      limits,
    });
    const stop = new AbortController();
    const running = log.run(engine, stop.signal);
    await world.settled();
    stop.abort();
    await running;
    await engine.close();
    await log.close();
    expect(cuts, 'answers that were lost').toBeGreaterThan(3);
    await verify(world, planted);
  });

  it.each(['Postgres', 'Kafka'])('%s is killed and started again under load', async (which) => {
    const planted = load(13, 3);
    await world.fill(planted);
    const engine = world.engine(SESSION);
    await engine.next('partition claimed');
    for (let round = 0; round < 3; round += 1) {
      await new Promise((resolve) => setTimeout(resolve, 150));
      if (which === 'Postgres') await postgres.restart();
      else {
        await broker.halt(true);
        await broker.start();
      }
    }
    await world.settled();
    await stopped(engine);
    await verify(world, planted);
  });

  it('a backlog of 100 hours with deliveries in its last hour suppresses nobody whose delivery waits in it', async () => {
    const end = Date.now() - HOUR;
    const begin = end - 100 * HOUR;
    const planted: Planted[] = [];
    for (let who = 0; who < 200; who += 1) {
      const common = { tenant: asTenant('acme'), recipient: asAddress(`r${who}@example.com`), stream: 'default', messageId: `m-${who}` };
      // Dense failures for 71 h; the delivery is the last thing in the log.
      for (let hour = 0; hour <= 71; hour += 6) {
        const at = begin + hour * HOUR + who;
        const smtp = { code: 452, text: TEXT };
        planted.push({ event: { ...common, id: `e${hour}`, occurredAt: at, type: 'deferred', smtp }, recordTime: end - HOUR });
      }
      const at = begin + 71.5 * HOUR + who;
      planted.push({ event: { ...common, id: 'healed', occurredAt: at, type: 'delivered' }, recordTime: end });
    }
    planted.sort((a, b) => a.recordTime - b.recordTime);
    // Record times of the whole backlog are the broker's old ones: the consumer is behind, the wall clock far ahead.
    const aged = planted
      .map((one) => ('event' in one ? { ...one, recordTime: one.event.occurredAt } : one))
      .toSorted((a, b) => a.recordTime - b.recordTime);
    await world.fill(aged);
    const engine = world.engine(SESSION);
    await world.settled();
    await stopped(engine);
    const verified = await verify(world, aged);
    expect(verified.suppressions).toBe(0);
    const suppressed: string[] = [];
    for await (const { value } of world.log.readTopic('suppressionEvents')) {
      const { type, recipient } = JSON.parse(Buffer.from(value ?? []).toString()) as { type: string; recipient: string };
      if (type === 'suppressed') suppressed.push(recipient);
    }
    expect(suppressed, 'not even for a moment').toEqual([]);
  });

  it('retention deleted unread records: that partition stops with a reason, and an operator accepts the loss', async () => {
    const planted = load(14);
    await world.fill(planted);
    const { deliveryEvents } = world.options.topics;
    await withAdmin(broker.brokers, async (admin) => {
      // kafkajs deletes only of topics whose leaders it has asked for.
      await admin.fetchTopicOffsets(deliveryEvents);
      await admin.deleteTopicRecords({ topic: deliveryEvents, partitions: [{ partition: 1, offset: '5' }] });
    });
    const engine = world.engine(SESSION);
    const line = await engine.next('partition stopped');
    expect(line).toMatchObject({ partition: 1, reason: 'records 0 to 4 were deleted by retention before they were read' });
    await until(
      async () =>
        (await world.db.query('select 1 from desist.checkpoint where stopped is null and next_offset > 0')).length === PARTITIONS - 1,
      'the others go on',
    );
    await stopped(engine);
    expect(await world.db.query('select next_offset, stopped from desist.checkpoint where partition = 1')).toEqual([
      { next_offset: 0, stopped: 'records 0 to 4 were deleted by retention before they were read' },
    ]);

    const env = environment();
    const sick = await desist(['doctor'], env);
    expect(sick.code).toBe(1);
    expect(sick.out).toContain('doctor --resume 1 --accept-gap');
    const accepted = await desist(['doctor', '--resume', '1', '--accept-gap'], env);
    expect(accepted).toMatchObject({ code: 0 });
    expect(accepted.out).toContain('records 0 to 4 are given up');
    const again = world.engine(SESSION);
    await world.settled();
    await stopped(again);
    expect(await world.db.query('select 1 from desist.checkpoint where stopped is not null')).toEqual([]);
  });

  it('the topic was recreated with less in it: nothing is read as if it were the old one', async () => {
    const planted = load(15);
    await world.fill(planted);
    const engine = world.engine(SESSION);
    await world.settled();
    await stopped(engine);
    const before = await world.db.query('select address, scope, reason, since from desist.suppression_list order by 1, 2, 3');
    const { deliveryEvents } = world.options.topics;
    await withAdmin(broker.brokers, async (admin) => {
      await admin.deleteTopics({ topics: [deliveryEvents] });
      await until(async () => !(await admin.listTopics()).includes(deliveryEvents), 'the topic is gone');
      await admin.createTopics({ waitForLeaders: false, topics: [{ topic: deliveryEvents, numPartitions: PARTITIONS }] });
      await until(async () => (await admin.listTopics()).includes(deliveryEvents), 'the topic is there again');
    });
    const again = world.engine(SESSION);
    const line = await again.next('partition stopped');
    expect(line['reason']).toMatch(/^the log ends at 0, before the checkpoint \d+: the topic was recreated/);
    await stopped(again);
    expect(await world.db.query('select address, scope, reason, since from desist.suppression_list order by 1, 2, 3')).toEqual(before);
  });

  it('the topic has another number of partitions than the recipients are spread over: waits, says so, touches nothing', async () => {
    const first = world.engine(SESSION);
    await first.next('partition claimed');
    await stopped(first);
    const { deliveryEvents } = world.options.topics;
    await withAdmin(broker.brokers, (admin) =>
      admin.createPartitions({ topicPartitions: [{ topic: deliveryEvents, count: PARTITIONS + 1 }] }),
    );
    const second = world.engine(SESSION);
    const line = await second.next('waiting for the database and the log');
    expect(line['problem']).toContain(
      `has ${PARTITIONS + 1} partitions, but the recipients in this database are distributed over ${PARTITIONS}`,
    );
    await stopped(second);
    expect((await desist(['migrate', '--check'], environment())).code).toBe(1);
  });

  it('the database is of a newer version: ends with what to do (3), and changes nothing', async () => {
    await world.db.query('insert into desist.schema_version (version) values (9999)');
    const engine = world.engine(SESSION);
    expect(await engine.ended()).toBe(3);
    const migrated = await desist(['migrate'], environment());
    expect(migrated.code).toBe(3);
    expect(migrated.err).toContain('run the newer program');
  });

  it('neither database nor broker can be reached: waits with one clear line, and works as soon as they are there', async () => {
    const planted = load(16);
    await world.fill(planted);
    await postgres.stopImmediate();
    await broker.halt(true);
    const engine = world.engine(SESSION);
    await engine.next('waiting for the database and the log');
    await postgres.start();
    await broker.start();
    await world.settled();
    await stopped(engine);
    await verify(world, planted);
  });

  function environment(): Record<string, string> {
    const { topics } = world.options;
    return {
      DATABASE_URL: world.databaseUrl,
      KAFKA_BROKERS: broker.brokers.join(','),
      DESIST_TOPIC_DELIVERY_EVENTS: topics.deliveryEvents,
      DESIST_TOPIC_SUPPRESSION_EVENTS: topics.suppressionEvents,
      DESIST_TOPIC_SUPPRESSIONS: topics.suppressions,
      DESIST_TOPIC_DEAD_LETTERS: topics.deadLetters,
      DESIST_URL: 'http://127.0.0.1:9',
    };
  }
});
