/** The log's contract on all logs, and what only the journal can break. */
import { connectKafka } from '@desist/log-kafka';
import { openJournal } from '@desist/log-postgres';
import type { JournalLog, JournalOptions } from '@desist/log-postgres';
import { createMemoryLog } from '@desist/memory';
import { partitionOf } from '@desist/pipeline';
import type { Topic } from '@desist/pipeline';
import { systemTime } from '@desist/runtime';
import { createStore, openEmbedded, openServer } from '@desist/store-postgres';
import type { Database } from '@desist/store-postgres';
import kafkajs from 'kafkajs';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { sharedBroker } from '../integration/kafka/shared-broker.ts';
import type { SharedBroker } from '../integration/kafka/shared-broker.ts';
import { checkpoints, freshOptions, recorder, silent, until } from '../integration/kafka/support.ts';
import { createDatabase } from '../support/servers/postgres.ts';
import { migratedFolder } from '../support/servers/template.ts';
import { logContract, PARTITIONS } from './log-suite.ts';
import type { LogUnderTest, ReadBack } from './log-suite.ts';

const TOPICS_OF_MEMORY = Array.from({ length: PARTITIONS }, (_, partition) => partition);
const murmur2 = (key: string): number => partitionOf(Buffer.from(key), PARTITIONS);

function journalOn(db: Database, over: Partial<JournalOptions> = {}): JournalLog {
  return openJournal({ db, owner: 'test', partitions: PARTITIONS, logger: silent, time: systemTime, stoppedRetry: 500, ...over });
}

async function all<T>(records: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const record of records) found.push(record);
  return found;
}

const textOf = (value: Uint8Array | null): string | null => (value === null ? null : Buffer.from(value).toString());

const latest = (records: Iterable<readonly [string, { readonly value: Uint8Array | null }]>): Map<string, string | null> =>
  new Map([...records].map(([key, { value }]) => [key, textOf(value)]));

function underTest(db: Database, log: JournalLog, close: () => Promise<void>): LogUnderTest {
  return {
    log,
    read: (topic) => all(log.readTopic(topic)),
    compacted: async (topic) => latest(await log.readCompacted(topic)),
    truncate: async (partition, below) => void (await log.prune('deliveryEvents', partition, below)),
    claim: (partition) => createStore(db).claim(partition, 'test'),
    close: async () => {
      await log.close();
      await close();
    },
  };
}

async function onServer(): Promise<{ open: () => Database; close: () => Promise<void> }> {
  const { url, drop } = await createDatabase(inject('databaseUrl')!, inject('template').database);
  const opened: Database[] = [];
  const open = (): Database => {
    const db = openServer({ url, applicationName: 'desist-tests', onIdleError: () => undefined });
    opened.push(db);
    return db;
  };
  return { open, close: async () => Promise.all(opened.map((db) => db.close())).then(drop) };
}

logContract(
  'memory',
  { murmur2: false, mayRepeat: false, bounded: false, remembers: true },
  async () => {
    const log = createMemoryLog({ partitions: PARTITIONS, now: Date.now, pause: () => systemTime.sleep(1) });
    const read = (topic: Topic): ReadBack[] =>
      TOPICS_OF_MEMORY.flatMap((partition) => log.read(topic, partition).map((record) => ({ ...record, partition })));
    return {
      log,
      read: async (topic) => read(topic),
      compacted: async (topic) => latest(read(topic).map((record) => [textOf(record.key) ?? '', record] as const)),
      truncate: async (partition, below) => log.truncate('deliveryEvents', partition, below),
      claim: async (partition) => ({ partition, epoch: 0, nonce: 'me' }),
      close: async () => undefined,
    };
  },
  murmur2,
);

describe('embedded', () => {
  let db: Database;
  let remove: () => Promise<void>;
  beforeAll(async () => {
    const made = await migratedFolder();
    remove = made.remove;
    db = await openEmbedded({ folder: made.path });
  });
  afterAll(async () => {
    await db.close();
    await remove();
  });
  logContract(
    'journal on PGlite',
    { murmur2: true, mayRepeat: false, bounded: true, remembers: false },
    async () => {
      // One database for all: a new one takes seconds.
      await db.script('truncate desist.journal, desist.journal_topic, desist.journal_partition');
      const log = journalOn(db);
      await log.ensure();
      return underTest(db, log, async () => undefined);
    },
    murmur2,
  );
});

describe.skipIf(inject('databaseUrl') === undefined)('server', () => {
  logContract(
    'journal on a Postgres server',
    { murmur2: true, mayRepeat: false, bounded: true, remembers: false },
    async () => {
      const { open, close } = await onServer();
      const db = open();
      const log = journalOn(db);
      await log.ensure();
      return underTest(db, log, close);
    },
    murmur2,
  );
});

describe('kafka', () => {
  let broker: SharedBroker;
  beforeAll(async () => {
    broker = await sharedBroker();
  });
  logContract(
    'Kafka',
    { murmur2: true, mayRepeat: true, bounded: true, remembers: true },
    async () => {
      const options = freshOptions(broker.brokers);
      const log = connectKafka(options);
      await until(() => log.ensureTopics({ partitions: PARTITIONS }).catch(() => null), 'a broker that serves');
      const admin = new kafkajs.Kafka({ brokers: [...broker.brokers], logLevel: kafkajs.logLevel.NOTHING }).admin();
      return {
        log,
        read: (topic) => all(log.readTopic(topic)),
        compacted: async (topic) => latest(await log.readCompacted(topic)),
        truncate: async (partition, below) => {
          await admin.connect();
          // Makes the client load the topic's metadata, which the deletion takes for granted.
          await admin.fetchTopicOffsets(options.topics.deliveryEvents);
          await admin.deleteTopicRecords({ topic: options.topics.deliveryEvents, partitions: [{ partition, offset: String(below) }] });
          await admin.disconnect();
        },
        claim: async (partition) => ({ partition, epoch: 0, nonce: 'me' }),
        close: () => log.close(),
      };
    },
    murmur2,
  );
});

describe.skipIf(inject('databaseUrl') === undefined)('the journal on a server', () => {
  const fill = (log: JournalLog, from: number, count: number): Promise<unknown> =>
    log.append(
      'deliveryEvents',
      Array.from({ length: count }, (_, n) => ({ key: `key-${from + n}`, value: `${from + n}` })),
    );

  test('parallel appends leave offsets dense and record times in order', async () => {
    const { open, close } = await onServer();
    const logs = [journalOn(open()), journalOn(open())];
    await Promise.all(logs.map((log) => log.ensure()));
    const appended = (
      await Promise.all(
        Array.from({ length: 20 }, (_, call) =>
          logs[call % 2]!.append(
            'deliveryEvents',
            Array.from({ length: 50 }, (_, n) => ({ key: `${call}-${n}`, value: `${call}-${n}` })),
          ),
        ),
      )
    ).flat();
    expect(new Set(appended.map(({ partition, offset }) => `${partition}/${offset}`)).size).toBe(1_000);
    const records = await all(logs[0]!.readTopic('deliveryEvents'));
    expect(records).toHaveLength(1_000);
    for (const partition of [0, 1, 2]) {
      const here = records.filter((record) => record.partition === partition);
      expect(here.map(({ offset }) => offset)).toEqual(here.map((_, offset) => offset));
      expect(here.map(({ recordTime }) => recordTime)).toEqual(here.map(({ recordTime }) => recordTime).sort((a, b) => a - b));
    }
    await close();
  });

  test('two processes share the partitions; when one stops or dies the other takes over', async () => {
    const { open, close } = await onServer();
    const shared = checkpoints();
    const lease = 1_500;
    const first = journalOn(open(), { lease });
    await first.ensure();
    await fill(first, 0, 300);
    const one = recorder(shared);
    const overOne = new AbortController();
    const runOne = first.run(one, overOne.signal);
    await until(() => one.held.size === PARTITIONS, 'all to the only one');

    const second = journalOn(open(), { lease });
    const two = recorder(shared);
    const overTwo = new AbortController();
    const runTwo = second.run(two, overTwo.signal);
    await until(() => two.held.size === 1 && one.held.size === 2, 'a share for the second');
    expect([...one.held, ...two.held].sort()).toEqual([0, 1, 2]);

    overTwo.abort();
    await runTwo;
    expect(two.held.size).toBe(0);
    await until(() => one.held.size === PARTITIONS, 'what the second gave back');

    // A process that dies: its database is cut off, so that it can give nothing back.
    const third = open();
    const dying = recorder(shared);
    const overDying = new AbortController();
    let alive = true;
    const cut: Database = {
      ...third,
      query: (text, values) => (alive ? third.query(text, values) : Promise.reject(new Error('cut off'))),
      transaction: (work) => (alive ? third.transaction(work) : Promise.reject(new Error('cut off'))),
    };
    const runDying = journalOn(cut, { lease }).run(dying, overDying.signal);
    await until(() => dying.held.size === 1, 'a share for the third');
    alive = false;
    await until(() => one.held.size === PARTITIONS, 'what the dead one held');
    await fill(first, 300, 300);
    await until(() => [...shared.values.values()].flat().length === 600, 'everything');
    expect(new Set([...shared.values.values()].flat()).size).toBe(600);
    overDying.abort();
    overOne.abort();
    await Promise.all([runOne, runDying]);
    expect([...one.faults, ...two.faults, ...dying.faults]).toEqual([]);
    await close();
  });

  test('appends that wait leave the connections of readers and relays free', async () => {
    const { url, drop } = await createDatabase(inject('databaseUrl')!, inject('template').database);
    const open = (): Database => openServer({ url, applicationName: 'desist-tests', connections: 1, onIdleError: () => undefined });
    const [db, appends] = [open(), open()];
    const log = journalOn(db, { appends });
    await log.ensure();
    await log.append('deliveryEvents', [{ key: 'a', value: '1' }]);
    const owner = await createStore(db).claim(0, 'test');
    const busy = Promise.withResolvers<undefined>();
    const occupied = appends.transaction(() => busy.promise);
    const waiting = Array.from({ length: 5 }, () => log.append('deliveryEvents', [{ key: 'b', value: '2' }]));
    const relay = await log.openRelaySink(owner);
    expect(await relay.append([{ topic: 'suppressionEvents', records: [{ key: 'a', value: 'changed' }] }])).toBe('appended');
    expect((await all(log.readTopic('deliveryEvents'))).map(({ value }) => textOf(value))).toEqual(['1']);
    busy.resolve(undefined);
    await Promise.all([occupied, ...waiting]);
    expect(await all(log.readTopic('deliveryEvents'))).toHaveLength(6);
    await log.close();
    await Promise.all([db.close(), appends.close()]);
    await drop();
  });

  test('an append of another process is seen, and one of this process at once', async () => {
    const { open, close } = await onServer();
    const db = open();
    const log = journalOn(db, { pollInterval: 60_000 });
    await log.ensure();
    const consumer = recorder();
    const over = new AbortController();
    const run = log.run(consumer, over.signal);
    await until(() => consumer.caught.size === PARTITIONS, 'an idle reader');
    await fill(journalOn(db), 0, 30);
    await until(() => consumer.seen.filter(({ call }) => call === 'batch').length >= PARTITIONS, 'the wake-up', 10_000);
    over.abort();
    await run;
    await close();
  });

  test('without schema or topics it is misconfigured; a lost database is unavailable', async () => {
    const { open, close } = await onServer();
    const db = open();
    await expect(journalOn(db).append('deliveryEvents', [{ key: 'k', value: 'v' }])).rejects.toMatchObject({ kind: 'misconfigured' });
    await expect(journalOn(db).run(recorder(), new AbortController().signal)).rejects.toMatchObject({ kind: 'misconfigured' });
    const log = journalOn(db);
    await log.ensure();
    await expect(log.append('deliveryEvents', [{ key: 'k', value: 'v'.repeat(1024 * 1024 + 1) }])).rejects.toMatchObject({
      kind: 'refused',
    });
    const other = journalOn(db, { partitions: 9 });
    await other.ensure();
    expect(await other.partitions()).toBe(PARTITIONS);
    const away = openServer({ url: 'postgres://nobody@127.0.0.1:1/none', applicationName: 'x', onIdleError: () => undefined });
    await expect(journalOn(away).append('deliveryEvents', [{ key: 'k', value: 'v' }])).rejects.toMatchObject({ kind: 'unavailable' });
    await away.close();
    await close();
  });

  test('only the last record of a key is kept in the table; pruning keeps current and young records', async () => {
    const { open, close } = await onServer();
    const db = open();
    const log = journalOn(db);
    await log.ensure();
    for (const value of ['1', '2', null, '3'])
      await log.append('suppressions', [
        { key: 'a', value },
        { key: 'b', value: value === '3' ? null : value },
      ]);
    expect((await all(log.readTopic('suppressions'))).map(({ key, value }) => [textOf(key), textOf(value)]).sort()).toEqual([
      ['a', '3'],
      ['b', null],
    ]);
    for (const partition of [0, 1, 2]) await log.prune('suppressions', partition, 1_000);
    expect(latest(await log.readCompacted('suppressions'))).toEqual(new Map([['a', '3']]));

    await fill(log, 0, 30_000);
    const { high } = await log.bounds(0);
    expect(await log.prune('deliveryEvents', 0, { below: high, before: 1 })).toBe(0);
    expect(await log.bounds(0)).toEqual({ low: 0, high });
    expect(await log.prune('deliveryEvents', 0, high - 1)).toBe(high - 1);
    expect(await log.bounds(0)).toEqual({ low: high - 1, high });
    await close();
  });
});

test('an embedded folder opened again holds everything', async () => {
  const { path, remove } = await migratedFolder();
  let db = await openEmbedded({ folder: path });
  let log = journalOn(db);
  await log.ensure();
  const appended = await log.append('deliveryEvents', [{ key: 'k', value: 'before', headers: { a: 'b' } }]);
  await log.close();
  await expect(log.append('deliveryEvents', [{ key: 'k', value: 'late' }])).rejects.toMatchObject({ kind: 'unavailable' });
  await db.close();
  db = await openEmbedded({ folder: path });
  log = journalOn(db, { partitions: 7 });
  await log.ensure();
  expect(await log.partitions()).toBe(PARTITIONS);
  const [record] = await all(log.readTopic('deliveryEvents'));
  expect(record).toMatchObject({ ...appended[0], headers: { a: 'b' } });
  expect(textOf(record!.value)).toBe('before');
  expect((await log.append('deliveryEvents', [{ key: 'k', value: 'after' }]))[0]?.offset).toBe(1);
  await db.close();
  await remove();
});
