/** An audit on a real broker and a real database: a topic that was made anew, and one that says what the table does not. */
import { connectKafka } from '@desist/log-kafka';
import type { KafkaLog, KafkaOptions } from '@desist/log-kafka';
import { createReplica } from '@desist/client';
import { createRelay, partitionOf } from '@desist/pipeline';
import type { AuditStore, Claim, OutRecord, RecipientRow, RecipientStore } from '@desist/pipeline';
import { systemTime } from '@desist/runtime';
import { codec } from '@desist/runtime/codec';
import { createAuditStore, createStore, migrate, openServer } from '@desist/store-postgres';
import type { Database } from '@desist/store-postgres';
import kafkajs from 'kafkajs';
import { afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { AT, planFrom, row, suppression } from '../../contract/store-suite.ts';
import { createDatabase } from '../../support/servers/postgres.ts';
import type { TestDatabase } from '../../support/servers/postgres.ts';
import { sharedBroker } from './shared-broker.ts';
import type { SharedBroker } from './shared-broker.ts';
import { withAdmin } from './raw.ts';
import { freshOptions, silent, until } from './support.ts';

const PARTITIONS = 2;
const RECIPIENTS = 1_500;

describe.skipIf(inject('databaseUrl') === undefined)('an audit', () => {
  let broker: SharedBroker;
  let made: TestDatabase;
  let db: Database;
  let store: RecipientStore;
  let audits: AuditStore;
  let options: KafkaOptions;
  let log: KafkaLog;

  beforeAll(async () => {
    broker = await sharedBroker();
  });
  beforeEach(async () => {
    made = await createDatabase(inject('databaseUrl') ?? '');
    db = openServer({ url: made.url, applicationName: 'audit', onIdleError: () => undefined });
    await migrate(db);
    store = createStore(db);
    audits = createAuditStore(db);
    options = freshOptions(broker.brokers);
    log = connectKafka(options);
    await until(() => log.ensureTopics({ partitions: PARTITIONS }).catch(() => null), 'a broker that serves');
  });
  afterEach(async () => {
    await log.close();
    await db.close();
    await made.drop();
  });

  const keyOf = ({ tenant, address }: RecipientRow): string => `${tenant}/${address}`;
  const placeOf = (key: string): number => partitionOf(Buffer.from(key), PARTITIONS);
  const valueOf = (one: RecipientRow): string | null =>
    codec.encodeSuppressions({ ...one, suppressions: one.active?.suppressions ?? [], allowed: [] });

  /** Everybody is suppressed, as the owner of each partition has committed it. */
  async function fill(published = true): Promise<readonly RecipientRow[]> {
    const all = Array.from({ length: RECIPIENTS }, (_, n) => row(`r${n}@example.com`, { version: 3 + (n % 5) }));
    const rows = all.map((one) => ({ ...one, partition: placeOf(keyOf(one)) }));
    for (let partition = 0; partition < PARTITIONS; partition += 1) {
      const claim = await store.claim(partition, 'first');
      const recipients = rows.filter((one) => one.partition === partition);
      const outbox = (published ? recipients : []).map((one, index) => {
        return { sequence: index + 1, key: keyOf(one), change: JSON.stringify({ recipientVersion: one.version }), value: valueOf(one) };
      });
      expect(await store.commit(planFrom(claim, { recipients, outbox, nextSequence: outbox.length + 1 }))).toBe('committed');
    }
    return rows;
  }

  async function running(partition: number): Promise<{ claim: Claim; look: () => void; stop: () => Promise<unknown> }> {
    const claim = await store.claim(partition, 'me');
    const relay = createRelay({
      ...{ owner: claim, store, sink: log, time: systemTime, logger: silent, inputTopic: 'in' },
      waits: { begin: () => ({ failed: () => undefined, ended: () => undefined }) },
      audit: { store: audits, log, codec, partitionOf: placeOf },
    });
    const over = new AbortController();
    const ended = relay.run(over.signal);
    return { claim, look: () => relay.lookForAudit(), stop: async () => (over.abort(), ended) };
  }

  async function everywhere<T>(work: (partition: number, one: Awaited<ReturnType<typeof running>>) => Promise<T>): Promise<void> {
    const all = [];
    for (let partition = 0; partition < PARTITIONS; partition += 1) all.push(await running(partition));
    try {
      for (const [partition, one] of all.entries()) await work(partition, one);
    } finally {
      for (const one of all) await one.stop();
    }
  }

  const empty = async (partition: number): Promise<boolean> => (await store.outbox(partition, 1)).length === 0;
  const done = (partition: number) =>
    until(async () => ((await audits.audit(partition))?.state === 'done' ? audits.audit(partition) : null), 'the audit is done');

  async function expectTopicEqualsTable(rows: readonly RecipientRow[]): Promise<void> {
    const topic = [...(await log.readCompacted('suppressions'))].flatMap(([key, { value }]) =>
      value === null ? [] : [[key, value.toString()]],
    );
    expect(new Map(topic as [string, string][])).toEqual(new Map(rows.map((one) => [keyOf(one), valueOf(one)])));
  }

  test('runs by itself after the topic was deleted and made again', async () => {
    const rows = await fill();
    await everywhere((partition) => until(() => empty(partition), 'published'));
    await everywhere((partition) => until(async () => (await audits.publishedEnd(partition)) !== null, 'the end is known'));
    await expectTopicEqualsTable(rows);
    await withAdmin(broker.brokers, (admin) => admin.deleteTopics({ topics: [options.topics.suppressions] }));
    await until(
      () =>
        log.ensureTopics({ partitions: PARTITIONS }).then(
          ({ created }) => created.length > 0,
          () => null,
        ),
      'the topic is made again',
    );
    await everywhere(async (partition) => {
      const audit = await done(partition);
      const mine = rows.filter((one) => one.partition === partition).length;
      expect(audit).toMatchObject({ reason: 'topic_behind', compared: mine, mended: mine, problem: null });
    });
    await expectTopicEqualsTable(rows);
  });

  test('on request: an old value, one too many and a missing one are mended, and nothing else', async () => {
    const rows = await fill(false);
    const [old, missing, ...same] = rows as [RecipientRow, RecipientRow, ...RecipientRow[]];
    const record = (one: RecipientRow, version = one.version, value = valueOf(one)): OutRecord => {
      const headers = { version: String(version), incarnation: '0', partition: String(one.partition), sequence: '1' };
      return { key: keyOf(one), value, headers };
    };
    const ghost = { ...row('ghost@example.com', { version: 9 }), partition: placeOf('acme/ghost@example.com') };
    const before = { ...old, active: { suppressions: [{ ...suppression, reason: 'complaint' as const, since: AT - 9 }], allowed: [] } };
    await log.append('suppressions', [...same.map((one) => record(one)), record(ghost), record(old), record(old, 1, valueOf(before))]);
    await Promise.all([0, 1].map((partition) => audits.requestAudit(partition, 'requested')));
    await everywhere((partition) => done(partition));
    const found = await audits.audits();
    expect(found.map(({ reason, state, problem }) => [reason, state, problem])).toEqual([
      ['requested', 'done', null],
      ['requested', 'done', null],
    ]);
    expect(found.reduce((sum, { mended }) => sum + mended, 0)).toBe(3);
    expect(found.reduce((sum, { compared }) => sum + compared, 0)).toBe(RECIPIENTS + 1);
    await expectTopicEqualsTable(rows);
    const { logLevel } = kafkajs;
    const kafka = { brokers: [...broker.brokers], clientId: 'audit-test', logLevel: logLevel.NOTHING };
    const replica = await createReplica({ kafka, topic: options.topics.suppressions });
    await replica.ready();
    expect(replica.size()).toBe(RECIPIENTS);
    expect(replica.find('acme', 'ghost@example.com')).toBeUndefined();
    expect(replica.find('acme', missing.address)).toMatchObject({ recipientVersion: missing.version });
    await replica.stop();
    await audits.requestAudit(0, 'requested');
    await everywhere((partition) => done(partition));
    expect(await audits.audit(0)).toMatchObject({ mended: 0 });
  });
});
