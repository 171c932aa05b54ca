/** Relays on a real broker: who owned a partition before is kept out, and a dead letter of any size goes out. */
import { createMemoryStore } from '@desist/memory';
import { connectKafka, type KafkaLog, type KafkaOptions } from '@desist/log-kafka';
import { createRelay } from '@desist/pipeline';
import type { Claim, CommitPlan, DeadLetter, LogSink, OutboxRow, Ownership, RecipientStore } from '@desist/pipeline';
import { systemTime } from '@desist/runtime';
import kafkajs from 'kafkajs';
import { beforeAll, describe, expect, test } from 'vitest';

import { sharedBroker, type SharedBroker } from './shared-broker.ts';
import { withAdmin } from './raw.ts';
import { freshOptions, silent, until } from './support.ts';

let broker: SharedBroker;
beforeAll(async () => {
  broker = await sharedBroker();
});

async function fresh(): Promise<{ options: KafkaOptions; log: KafkaLog }> {
  const options = freshOptions(broker.brokers);
  const log = connectKafka(options);
  await until(() => log.ensureTopics({ partitions: 2 }).catch(() => null), 'a broker that serves');
  return { options, log };
}

const change = (sequence: number, value: string | null, key = `acme/r${sequence % 10}@example.com`): OutboxRow => ({
  sequence,
  key,
  change: JSON.stringify({ recipientVersion: sequence, filler: 'x'.repeat(500) }),
  value,
});

async function commit(
  store: RecipientStore,
  owner: Ownership,
  outbox: readonly OutboxRow[],
  deadLetters: readonly DeadLetter[] = [],
): Promise<void> {
  const { nextSequence: fromSequence = 1 } = (await store.position(owner.partition)) ?? {};
  const plan: CommitPlan = {
    ...{ partition: owner.partition, epoch: owner.epoch, nonce: owner.nonce, fromOffset: 0, nextOffset: 0, clock: 0, fromSequence },
    ...{
      nextSequence: fromSequence + outbox.length,
      last: null,
      attempts: 0,
      recipients: [],
      untracked: [],
      outbox,
      history: [],
      deadLetters,
    },
    ...{ clockMoves: [], baseline: null, incidents: [], incidentCounts: [], rollups: null },
  };
  expect(await store.commit(plan)).toBe('committed');
}

function run(store: RecipientStore, owner: Claim, sink: Pick<LogSink, 'openRelaySink' | 'published'>) {
  const waits = { begin: () => ({ failed: () => undefined, ended: () => undefined }) };
  const relay = createRelay({ owner, store, sink, time: systemTime, waits, logger: silent, inputTopic: 'input' });
  const over = new AbortController();
  const ended = relay.run(over.signal);
  return { relay, ended, stop: () => (over.abort(), ended) };
}

const empty = async (store: RecipientStore, partition = 0): Promise<boolean> =>
  (await store.outbox(partition, 1)).length + (await store.deadLetters(partition, 1)).length === 0;

describe('a relay that sleeps while another takes its partition', () => {
  test.each(['before it sends', 'while its append is on its way'])('%s: its records are never read', async (when) => {
    const { options, log } = await fresh();
    const other = connectKafka(options);
    const store = createMemoryStore();
    const former = await store.claim(0, 'A');
    const asleep = Promise.withResolvers<undefined>();
    const awake = Promise.withResolvers<undefined>();
    let answer: string | undefined;
    const sleepy: Pick<LogSink, 'openRelaySink' | 'published'> = {
      published: (partition) => other.published(partition),
      async openRelaySink(owner) {
        const sink = await other.openRelaySink(owner);
        const rest = async () => (asleep.resolve(undefined), awake.promise);
        return {
          ...sink,
          async append(parts) {
            if (when === 'before it sends') await rest();
            else {
              const half = sink.append(parts);
              await Promise.race([half.catch(() => undefined), rest()]);
              return half;
            }
            answer = await sink.append(parts);
            return answer as 'appended' | 'fenced';
          },
        };
      },
    };
    await commit(store, former, [change(1, '{"old":1}', 'acme/a@example.com')]);
    const a = run(store, former, sleepy);
    await asleep.promise;
    const now = await store.claim(0, 'B');
    await commit(store, now, [change(2, null, 'acme/a@example.com'), change(3, '{"new":3}', 'acme/b@example.com')]);
    const b = run(store, now, log);
    await until(() => empty(store), 'the successor has published');
    awake.resolve(undefined);
    expect(await a.ended).toBe('fenced');
    if (when === 'before it sends') expect(answer).toBe('fenced');
    const compacted = await log.readCompacted('suppressions');
    expect([...compacted].map(([key, { value }]) => [key, value?.toString() ?? null]).sort()).toEqual([
      ['acme/a@example.com', null],
      ['acme/b@example.com', '{"new":3}'],
    ]);
    await b.stop();
    await other.close();
    await log.close();
  });
});

test('a producer of the same name that wakes must read the epoch again, and then publishes nothing', async () => {
  const { log } = await fresh();
  const store = createMemoryStore();
  const former = await store.claim(0, 'A');
  const now = await store.claim(0, 'B');
  await commit(store, now, [change(1, '{}')]);
  expect(await run(store, former, log).ended).toBe('fenced');
  const b = run(store, now, log);
  await until(() => empty(store), 'published');
  await b.stop();
  await log.close();
});

test('10,000 changes: all, once and in order, even if the former owner interferes; and how long it takes', async () => {
  const { log } = await fresh();
  const store = createMemoryStore();
  const owner = await store.claim(0, 'A');
  await commit(
    store,
    owner,
    Array.from({ length: 10_000 }, (_, n) => change(n + 1, JSON.stringify({ held: n + 1 }))),
  );
  const began = performance.now();
  const a = run(store, owner, log);
  // As a former owner that wakes does: it takes the name, reads the epoch, and ends.
  for (let times = 0; times < 3; times += 1) await (await log.openRelaySink({ partition: 0, epoch: 0, nonce: 'another' })).close();
  await until(() => empty(store), 'published');
  const took = performance.now() - began;
  await a.stop();
  const sequences = new Map<string, number[]>();
  for await (const { key, value } of log.readTopic('suppressionEvents')) {
    const of = sequences.get(String(key)) ?? [];
    sequences.set(String(key), of);
    of.push((JSON.parse(String(value)) as { recipientVersion: number }).recipientVersion);
  }
  expect(sequences.size).toBe(10);
  // Pages whose answer was lost are repeated: what is new comes in order, and nothing is missing.
  for (const [, of] of sequences) {
    let high = 0;
    const fresh = of.filter((version) => version > high && (high = version) > 0);
    expect(fresh).toHaveLength(1_000);
  }
  const compacted = await log.readCompacted('suppressions');
  expect([...compacted.values()].map(({ headers }) => Number(headers['version'])).sort((x, y) => x - y)).toEqual(
    Array.from({ length: 10 }, (_, n) => 9_991 + n),
  );
  console.log(`10,000 changes in ${took.toFixed(0)} ms with a former owner cutting in 3 times`);
  await log.close();
});

test('a dead letter of 3 MiB is cut and sent; one that the topic still refuses is parked', async () => {
  const { options, log } = await fresh();
  const store = createMemoryStore();
  const owner = await store.claim(0, 'A');
  const letter = (offset: number, bytes: number): DeadLetter => ({
    offset,
    key: null,
    value: Buffer.alloc(bytes, 32),
    reason: 'too_large',
    detail: '',
  });
  await commit(store, owner, [], [letter(0, 3 * 1024 * 1024), letter(1, 10)]);
  const a = run(store, owner, log);
  await until(() => empty(store), 'published');
  const letters = [];
  for await (const record of log.readTopic('deadLetters')) letters.push(record);
  expect(letters.map(({ value, headers }) => [value?.length, headers['truncated']])).toEqual([
    [768 * 1024, String(3 * 1024 * 1024)],
    [10, undefined],
  ]);
  await withAdmin(broker.brokers, (admin) =>
    admin.alterConfigs({
      validateOnly: false,
      resources: [
        {
          type: kafkajs.ConfigResourceTypes.TOPIC,
          name: options.topics.deadLetters,
          configEntries: [{ name: 'max.message.bytes', value: '10000' }],
        },
      ],
    }),
  );
  await commit(store, owner, [], [letter(2, 10), letter(3, 20_000), letter(4, 10)]);
  a.relay.wake();
  await until(() => empty(store), 'published, or parked');
  expect(store.parked()).toMatchObject([{ deadLetterOffset: 3, reason: expect.stringContaining('larger than the topic takes') as string }]);
  await a.stop();
  await log.close();
});

test('a topic that was deleted is waited for, loudly; made again, it gets what stands in the outbox', async () => {
  const { options, log } = await fresh();
  const store = createMemoryStore();
  const owner = await store.claim(0, 'A');
  const problems: string[] = [];
  const waits = { begin: () => ({ failed: (_: number, problem: string) => void problems.push(problem), ended: () => undefined }) };
  const relay = createRelay({ owner, store, sink: log, time: systemTime, waits, logger: silent, inputTopic: 'input' });
  const over = new AbortController();
  const ended = relay.run(over.signal);
  await commit(store, owner, [change(1, '{"held":1}', 'acme/a@example.com')]);
  relay.wake();
  await until(() => empty(store), 'published');
  const { suppressionEvents, suppressions } = options.topics;
  await withAdmin(broker.brokers, async (admin) => {
    await admin.deleteTopics({ topics: [suppressionEvents, suppressions] });
    await until(async () => !(await admin.listTopics()).includes(suppressions), 'the topics are gone');
  });
  await commit(store, owner, [change(2, '{"held":2}', 'acme/b@example.com')]);
  relay.wake();
  await Promise.race([until(() => problems.some((one) => one.includes('does not exist')), 'it waits'), ended]);
  expect((await log.ensureTopics({ partitions: 2 })).created.toSorted()).toEqual([suppressionEvents, suppressions].toSorted());
  await until(() => empty(store), 'published again');
  over.abort();
  expect(await ended).toBe('aborted');
  expect([...(await log.readCompacted('suppressions')).keys()]).toEqual(['acme/b@example.com']);
  await log.close();
});
