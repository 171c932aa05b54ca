import { randomUUID } from 'node:crypto';
import kafkajs from 'kafkajs';
import type { EachBatchPayload, Kafka, PartitionAssigner } from 'kafkajs';
import { LogError, type LogBounds, type OffsetRange, type Signal, type Topic } from '@desist/pipeline';

import type { Admins } from './admin.ts';
import { toLogError } from './errors.ts';
import type { Settings } from './options.ts';
import { settledWithin } from './timers.ts';

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
  /** Only these offsets, and nothing of the partitions that are not named. */
  readonly ranges?: readonly OffsetRange[];
  /** Only these partitions. */
  readonly partitions?: readonly number[];
  /** Ends early when it aborts. */
  readonly signal?: Signal;
}

/** What a topic is read through. */
interface Reading {
  readonly client: Kafka;
  readonly settings: Settings;
  readonly admins: Admins;
}

/**
 * Fetches in a row that brought nothing although the end is not reached, after which the bounds are asked for again: records may have been
 * deleted up to the end. Each offset below the end is else accounted for, by a record or by a batch that shows none.
 */
const QUIET_FETCHES = 8;
/** Such questions in a row, without anything read, after which reading fails: nobody may take a part of the topic for all of it. */
const MOST_QUESTIONS = 30;
const FETCH_WAIT = 250;
/** Starts over in a row, without anything read, after which reading fails. */
const MOST_CRASHES = 4;

/**
 * Reads a topic up to the end that it had when the reading began. In order per partition. Ends early only when the signal aborts.
 * @throws LogError `unavailable` when the end could not be reached
 */
export async function* readTopic(...of: Parameters<typeof readPages>): AsyncGenerator<ReadRecord, void, void> {
  for await (const page of readPages(...of)) yield* page;
}

/** As `readTopic`, in pages of what came at once. Joins a group of its own, which is deleted afterwards; commits nothing. */
export async function* readPages(
  { client, settings, admins }: Reading,
  topic: Topic,
  options: ReadOptions = {},
): AsyncGenerator<readonly ReadRecord[], void, void> {
  const name = settings.topics[topic];
  await admins.partitions(name);
  const { signal, ranges } = options;
  const only = options.partitions ?? ranges?.map(({ partition }) => partition);
  const bounds = new Map([...(await admins.offsets(name))].filter(([partition]) => only?.includes(partition) !== false));
  const ends = within(bounds, options);
  const open = new Map([...ends].filter(([, { low, high }]) => high > low).map(([partition, { high }]) => [partition, high]));
  if (open.size === 0) return;

  const groupId = `${settings.groupId}-read-${randomUUID()}`;
  const consumer = client.consumer({
    ...{ groupId, allowAutoTopicCreation: false, maxWaitTimeInMs: FETCH_WAIT, sessionTimeout: 15_000 },
    partitionAssigners: [assignerOf([...open.keys()])],
  });
  let ready: { records: ReadRecord[]; taken: () => void }[] = [];
  let wake: () => void = () => undefined;
  let quiet = 0;
  let questions = 0;
  /** Batches that the reader has not taken yet: meanwhile nothing of their partitions is fetched. */
  let held = 0;
  let crashes = 0;
  let closed = false;
  let failure = null as LogError | null;

  const positions = new Map([...ends].map(([partition, { low }]) => [partition, low]));
  const assigned = new Set(open.keys());
  const reached = (partition: number, next: number): void => {
    positions.set(partition, Math.max(next, positions.get(partition) ?? 0));
    const end = open.get(partition);
    if (end !== undefined && next >= end) open.delete(partition);
    if (open.size === 0) wake();
  };
  consumer.on(consumer.events.GROUP_JOIN, () => {
    for (const [partition, position] of positions) {
      if (!assigned.has(partition)) continue;
      consumer.seek({ topic: name, partition, offset: String(position) });
    }
  });
  consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => {
    quiet = questions = 0;
    if (payload.batchSize === 0) reached(payload.partition, Number(payload.lastOffset) + 1);
  });
  consumer.on(consumer.events.FETCH, ({ payload }) => {
    // kafkajs takes a lost connection for an empty answer, but a quick one: a real one waits.
    if (payload.duration < FETCH_WAIT * 0.8 || held > 0) return;
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
    quiet = questions = crashes = 0;
    held += 1;
    const taken: PromiseWithResolvers<void> = Promise.withResolvers();
    ready.push({
      records: wanted,
      taken: () => {
        held -= 1;
        taken.resolve();
      },
    });
    reached(batch.partition, Number(batch.lastOffset()) + 1);
    wake();
    while (!(await settledWithin(taken.promise, 1_000))) await payload.heartbeat();
  }

  const stop = (): void => {
    wake();
  };
  signal?.addEventListener('abort', stop, { once: true });
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [name], fromBeginning: true });
    await consumer.run({ autoCommit: false, eachBatch });
    for (;;) {
      const batches = ready;
      ready = [];
      for (const batch of batches) {
        try {
          yield batch.records;
        } finally {
          batch.taken();
        }
      }
      if (failure !== null) throw failure;
      if (signal?.aborted === true) return;
      if (ready.length > 0) continue;
      if (open.size === 0) return;
      if (quiet >= QUIET_FETCHES) {
        quiet = 0;
        if (++questions > MOST_QUESTIONS) throw new LogError('unavailable', `reading ${name}: the log answers nothing up to its end`);
        const now = await admins.offsets(name);
        // Deleted up to the end, or the topic was made again with less in it.
        for (const [partition, end] of open) {
          const { low, high } = now.get(partition) ?? { low: 0, high: 0 };
          if (low >= end || high < end) open.delete(partition);
        }
        continue;
      }
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  } catch (error) {
    throw error instanceof LogError ? error : toLogError(`reading ${name}`, error);
  } finally {
    closed = true;
    signal?.removeEventListener('abort', stop);
    for (const batch of ready) batch.taken();
    await settledWithin(consumer.disconnect(), 10_000);
    await admins.use('delete the reading group', (admin) => admin.deleteGroups([groupId])).catch(() => undefined);
  }
}

/** What is wanted of what the log has. Of a partition of which nothing is wanted, the position is its end. */
function within(bounds: ReadonlyMap<number, LogBounds>, { last, ranges }: ReadOptions): ReadonlyMap<number, LogBounds> {
  const wanted = (partition: number, { low, high }: LogBounds): LogBounds => {
    if (ranges === undefined) return { low: last === undefined ? low : Math.max(low, high - last), high };
    const range = ranges.find((one) => one.partition === partition);
    const from = Math.max(low, range?.from ?? high);
    return { low: from, high: Math.max(from, Math.min(high, range?.to ?? high)) };
  };
  return new Map([...bounds].map(([partition, own]) => [partition, wanted(partition, own)]));
}

/** The only member of a group gets these partitions and no others. */
function assignerOf(partitions: readonly number[]): PartitionAssigner {
  const { MemberAssignment, MemberMetadata } = kafkajs.AssignerProtocol;
  const name = 'desist-read';
  const version = 1;
  const userData = Buffer.alloc(0);
  return () => ({
    name,
    version,
    assign: ({ members, topics }) =>
      Promise.resolve(
        members.map(({ memberId }) => ({
          memberId,
          memberAssignment: MemberAssignment.encode({ version, assignment: { [topics[0] ?? '']: [...partitions] }, userData }),
        })),
      ),
    protocol: ({ topics }) => ({ name, metadata: MemberMetadata.encode({ version, topics, userData }) }),
  });
}

/** The last record of each key, tombstones included, by key as text. */
export async function readCompacted(records: AsyncIterable<ReadRecord>): Promise<Map<string, ReadRecord>> {
  const latest = new Map<string, ReadRecord>();
  for await (const record of records) {
    if (record.key !== null) latest.set(record.key.toString('utf8'), record);
  }
  return latest;
}
