import { randomUUID } from 'node:crypto';
import type { EachBatchPayload, Kafka } from 'kafkajs';
import { LogError, type Topic } from '@desist/pipeline';

import type { Admins } from './admin.ts';
import { toLogError } from './errors.ts';
import type { Settings } from './options.ts';
import { deferred, settledWithin } from './waits.ts';

export interface ReadRecord {
  readonly partition: number;
  readonly offset: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** ms since the epoch. */
  readonly timestamp: number;
  readonly headers: Readonly<Record<string, string>>;
}

export interface ReadOptions {
  /** Only the last so many offsets of each partition. */
  readonly last?: number;
}

/** Answers in a row without any record after which the rest up to the end is taken for compacted away. */
const QUIET_FETCHES = 8;
const FETCH_WAIT = 250;
/** Starts over in a row, without anything read, after which reading fails. */
const MOST_CRASHES = 4;

/**
 * Reads a topic up to the end that it had when the reading began. In order per partition. Joins a group of its own, which
 * is deleted afterwards; commits nothing.
 */
export async function* readTopic(
  client: Kafka,
  settings: Settings,
  admins: Admins,
  topic: Topic,
  options: ReadOptions = {},
): AsyncGenerator<ReadRecord, void, void> {
  const name = settings.topics[topic];
  await admins.partitions(name);
  const ends = await admins.offsets(name);
  const open = new Map([...ends].filter(([, { low, high }]) => high > low).map(([partition, { high }]) => [partition, high]));
  if (open.size === 0) return;

  const groupId = `${settings.groupId}-read-${randomUUID()}`;
  const consumer = client.consumer({ groupId, allowAutoTopicCreation: false, maxWaitTimeInMs: FETCH_WAIT, sessionTimeout: 15_000 });
  let ready: { records: ReadRecord[]; taken: () => void }[] = [];
  let wake: () => void = () => undefined;
  let quiet = 0;
  let crashes = 0;
  let closed = false;
  let failure = null as LogError | null;

  const positions = new Map(
    [...ends].map(([partition, { low, high }]) => [partition, options.last === undefined ? low : Math.max(low, high - options.last)]),
  );
  const reached = (partition: number, next: number): void => {
    positions.set(partition, Math.max(next, positions.get(partition) ?? 0));
    const end = open.get(partition);
    if (end !== undefined && next >= end) open.delete(partition);
    if (open.size === 0) wake();
  };
  consumer.on(consumer.events.GROUP_JOIN, () => {
    for (const [partition, position] of positions) {
      consumer.seek({ topic: name, partition, offset: String(position) });
    }
  });
  consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => {
    quiet = 0;
    if (payload.batchSize === 0) reached(payload.partition, Number(payload.lastOffset) + 1);
  });
  consumer.on(consumer.events.FETCH, ({ payload }) => {
    // kafkajs takes a lost connection for an empty answer, but a quick one: a real one waits.
    if (payload.duration < FETCH_WAIT * 0.8) return;
    if (++quiet >= QUIET_FETCHES) wake();
  });
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    if (payload.restart && ++crashes < MOST_CRASHES) return;
    failure = toLogError(`reading ${name}`, payload.error);
    wake();
  });

  async function eachBatch(payload: EachBatchPayload): Promise<void> {
    const { batch } = payload;
    const end = ends.get(batch.partition)?.high ?? 0;
    if (closed) return;
    const records = batch.messages.map((message) => ({
      partition: batch.partition,
      offset: Number(message.offset),
      key: message.key,
      value: message.value,
      timestamp: Number(message.timestamp),
      headers: Object.fromEntries(Object.entries(message.headers ?? {}).map(([key, value]) => [key, String(value)])),
    }));
    const from = positions.get(batch.partition) ?? 0;
    const wanted = records.filter(({ offset }) => offset >= from && offset < end);
    quiet = 0;
    crashes = 0;
    const taken = deferred();
    ready.push({
      records: wanted,
      taken: () => {
        taken.resolve();
      },
    });
    reached(batch.partition, Number(batch.lastOffset()) + 1);
    wake();
    while (!(await settledWithin(taken.promise, 1_000))) await payload.heartbeat();
  }

  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [name], fromBeginning: true });
    await consumer.run({ autoCommit: false, eachBatch });
    for (;;) {
      const batches = ready;
      ready = [];
      for (const batch of batches) {
        try {
          yield* batch.records;
        } finally {
          batch.taken();
        }
      }
      if (failure !== null) throw failure;
      if (ready.length > 0) continue;
      if (open.size === 0 || quiet >= QUIET_FETCHES) return;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  } catch (error) {
    throw error instanceof LogError ? error : toLogError(`reading ${name}`, error);
  } finally {
    closed = true;
    for (const batch of ready) batch.taken();
    await settledWithin(consumer.disconnect(), 10_000);
    await admins.use('delete the reading group', (admin) => admin.deleteGroups([groupId])).catch(() => undefined);
  }
}

/** The last record of each key, tombstones included, by key as text. */
export async function readCompacted(records: AsyncIterable<ReadRecord>): Promise<Map<string, ReadRecord>> {
  const latest = new Map<string, ReadRecord>();
  for await (const record of records) {
    if (record.key !== null) latest.set(record.key.toString('utf8'), record);
  }
  return latest;
}
