import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import { LogError, type LogConsumer } from '@desist/pipeline';

import type { Admins } from './admin.ts';
import { stickyAssigner } from './assigner.ts';
import { toBatch } from './convert.ts';
import { isRebalance } from './errors.ts';
import type { Settings } from './options.ts';
import { createFetchSlots, type FetchSlot, type FetchSlots } from './fetch-slots.ts';
import { settledWithin } from './timers.ts';

/** Membership of the group, and the batches that come with it, from start to `leave`. */
export interface Group {
  start(): Promise<void>;
  /** Rejects when reading can not go on. Never resolves. */
  readonly failed: Promise<never>;
  readonly slots: FetchSlots;
  /** Moments of life since the last call: batches, heartbeats, joins. */
  signs(): number;
  /** Tells the broker where we are, for lag tools only: nothing is ever read from it. */
  hint(positions: ReadonlyMap<number, number>): Promise<void>;
  leave(): Promise<void>;
}

const WORK_SLICE = 1_000;
const PARTITIONS_AT_ONCE = 4;
const RELEASE_LIMIT = 12_000;
/** kafkajs tries for long to tell a broker that is not there any more. */
const LEAVE_LIMIT = 5_000;
const MOST_STRAYED = 3;

export function createGroup(client: Kafka, settings: Settings, admins: Admins, consumer: LogConsumer): Group {
  const topic = settings.topics.deliveryEvents;
  const { logger } = settings;
  const drainLimit = Math.floor(settings.sessionTimeout / 3);

  let generation = -1;
  let signs = 0;
  let stopping = false;
  /** Set from the first sign of a rebalance to the join: no handler begins work. */
  let rebalance: { readonly error: Error | null; readonly drained: Promise<unknown> } | null = null;
  let beats: (() => void)[] = [];
  let released = false;
  const failure: PromiseWithResolvers<never> = Promise.withResolvers();
  failure.promise.catch(() => undefined);

  const kafka: Consumer = client.consumer({
    groupId: settings.groupId,
    partitionAssigners: [stickyAssigner(() => ({ generation, partitions: joined }))],
    sessionTimeout: settings.sessionTimeout,
    heartbeatInterval: settings.heartbeatInterval,
    rebalanceTimeout: settings.rebalanceTimeout,
    allowAutoTopicCreation: false,
    // A broker answers as soon as there is a record: only an idle fetch takes so long, and leaving the group waits for it.
    maxWaitTimeInMs: 1_000,
    minBytes: 1,
    maxBytes: 16 * 1024 * 1024,
    maxBytesPerPartition: 2 * 1024 * 1024,
    retry: { restartOnFailure: () => Promise.resolve(!stopping) },
  });
  let joined: readonly number[] = [];

  const slots = createFetchSlots(
    consumer,
    {
      seek: (partition, offset) => {
        quietly(() => {
          kafka.seek({ topic, partition, offset: String(offset) });
        });
      },
      pause: (partitions) => {
        if (partitions.length > 0) {
          quietly(() => {
            kafka.pause([{ topic, partitions: [...partitions] }]);
          });
        }
      },
      resume: (partition) => {
        quietly(() => {
          kafka.resume([{ topic, partitions: [partition] }]);
        });
      },
      heartbeat: nextHeartbeat,
      fail,
      stopped: (partition, offset, reason) => {
        if (reason === null) logger.info({ partition, offset }, 'partition goes on');
        else logger.error({ partition, offset, reason }, 'partition stopped');
        settings.observer.stopped?.(partition, reason);
      },
    },
    settings.stoppedRetry,
  );

  /** kafkajs throws between a crash and its restart; the join after it puts everything right. */
  function quietly(work: () => void): void {
    try {
      work();
    } catch (error) {
      logger.debug({ error: String(error) }, 'the consumer is not running');
    }
  }

  function seekBack({ partition, position }: FetchSlot): void {
    quietly(() => {
      kafka.seek({ topic, partition, offset: String(position) });
    });
  }

  function fail(error: unknown): void {
    failure.reject(error);
  }

  function nextHeartbeat(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      beats.push(resolve);
      signal.addEventListener(
        'abort',
        () => {
          resolve();
        },
        { once: true },
      );
    });
  }

  // Listeners only set flags and start work: what they throw, kafkajs merely logs.
  kafka.on(kafka.events.GROUP_JOIN, ({ payload }) => {
    signs++;
    rebalance = null;
    if (stopping) return;
    joined = payload.memberAssignment[topic] ?? [];
    slots.join(joined);
    settings.observer.joined?.(joined);
    logger.info({ group: settings.groupId, partitions: joined, ms: payload.duration }, 'joined the group');
  });
  kafka.on(kafka.events.HEARTBEAT, ({ payload }) => {
    signs++;
    generation = payload.groupGenerationId;
    const waiting = beats;
    beats = [];
    for (const resolve of waiting) resolve();
  });
  kafka.on(kafka.events.REBALANCING, () => {
    // Noticed outside of a batch: the drain goes on beside the join, and `assign` waits for it.
    void beginRebalance(null);
  });
  kafka.on(kafka.events.END_BATCH_PROCESS, ({ payload }) => {
    signs++;
    // A batch of control or aborted records only is not handed to anyone.
    if (payload.batchSize !== 0 || payload.topic !== topic) return;
    const slot = slots.get(payload.partition);
    if (slot?.state !== 'reading' || slot.busy) return;
    const next = Number(payload.lastOffset) + 1;
    // Null, against its type, when the fetch held nothing from its offset on.
    const first = Number((payload.firstOffset as string | null) ?? payload.lastOffset);
    if (first <= slot.position && next > slot.position) slots.advance(slot, next);
    else if (first > slot.position) {
      void stray(slot, first).then((lost) => {
        if (!slots.isCurrent(slot) || slot.state !== 'reading') return;
        if (lost) slots.again(slot);
        else seekBack(slot);
      });
    }
  });
  kafka.on(kafka.events.CRASH, ({ payload }) => {
    if (stopping) return;
    if (payload.restart) {
      logger.warn({ error: payload.error.message }, 'the consumer starts again');
      slots.forget();
      return;
    }
    fail(new LogError('fatal', `the consumer ended: ${payload.error.message}`, { cause: payload.error }));
  });

  function beginRebalance(error: Error | null): Promise<unknown> {
    if (stopping) return Promise.resolve();
    if (rebalance !== null) return rebalance.drained;
    const drained = settings.onRebalance === 'drain' ? slots.release() : Promise.resolve();
    rebalance = { error, drained };
    return drained;
  }

  async function eachBatch(payload: EachBatchPayload): Promise<void> {
    if (stopping) return;
    if (rebalance !== null && rebalance.error !== null) throw rebalance.error;
    const slot = slots.get(payload.batch.partition);
    // Handed out before a join or a pause. The seek that ends the pause takes back what kafkajs resolves now.
    if (slot?.state !== 'reading') return;
    if (slot.busy) {
      // A retry of kafkajs while the consumer still has the batch: once it is done, the position says where to go on.
      await hold(whenFree(slot.partition), payload);
      if (slots.isCurrent(slot)) seekBack(slot);
      return;
    }
    const fetched = toBatch(payload.batch);
    const high = Number(payload.batch.highWatermark);
    if (fetched.rawFirst !== null && fetched.rawFirst !== slot.position && high >= slot.position) {
      if (fetched.rawFirst < slot.position || !(await stray(slot, fetched.rawFirst))) {
        seekBack(slot);
        return;
      }
    }
    await hold(handOver(slot, fetched), payload);
  }

  /** Gives a batch to the consumer and does what it answers, whether or not the handler still waits for it. */
  function handOver(slot: FetchSlot, { batch, unreadable }: ReturnType<typeof toBatch>): Promise<void> {
    slot.busy = true;
    const work = (async () => {
      if (batch !== null) {
        const outcome = await consumer.batch(batch);
        slot.busy = false;
        if (!slots.isCurrent(slot)) return;
        switch (outcome.kind) {
          case 'processed':
            slots.advance(slot, batch.nextOffset);
            break;
          case 'seek':
            slot.position = outcome.offset;
            seekBack(slot);
            return;
          case 'fenced':
            logger.warn({ partition: slot.partition }, 'another owner has the partition');
            slots.fenced(slot);
            return;
          case 'stopped':
            slots.stop(slot, outcome.reason);
            return;
          default:
            outcome satisfies never;
        }
      }
      slot.busy = false;
      if (unreadable !== null) {
        slot.position = unreadable.offset;
        slots.stop(slot, `unreadable record batch at ${String(unreadable.offset)}: ${unreadable.reason}`);
      }
    })().catch((error: unknown) => {
      slot.busy = false;
      fail(error);
    });
    slots.occupy(slot.partition, work);
    current.set(slot.partition, work);
    return work;
  }
  const current = new Map<number, Promise<void>>();
  const whenFree = (partition: number): Promise<void> => current.get(partition) ?? Promise.resolve();

  /** Waits for `work`, alive in the group all the while. Throws when the group wants something else. */
  async function hold(work: Promise<void>, payload: EachBatchPayload): Promise<void> {
    while (!(await settledWithin(work, WORK_SLICE))) {
      if (released) return;
      try {
        await payload.heartbeat();
      } catch (error) {
        if (error instanceof Error && isRebalance(error)) await settledWithin(beginRebalance(error), drainLimit);
        throw error;
      }
    }
  }

  /**
   * The log was read from `first` although the position is below. Answers true when that must be handed over as it is: the
   * records between are gone (retention), or seeking back did not help. The consumer then compares with its checkpoint.
   */
  async function stray(slot: FetchSlot, first: number): Promise<boolean> {
    slot.strayed++;
    const bounds = await admins.offsets(topic).then(
      (all) => all.get(slot.partition),
      () => undefined,
    );
    const lost = bounds !== undefined && bounds.low > slot.position;
    logger.warn({ partition: slot.partition, position: slot.position, first, low: bounds?.low }, 'the log goes on elsewhere');
    return lost || slot.strayed > MOST_STRAYED;
  }

  async function start(): Promise<void> {
    await kafka.connect();
    await kafka.subscribe({ topics: [topic], fromBeginning: true });
    await kafka.run({
      autoCommit: false,
      eachBatchAutoResolve: true,
      partitionsConsumedConcurrently: PARTITIONS_AT_ONCE,
      eachBatch,
    });
  }

  async function hint(positions: ReadonlyMap<number, number>): Promise<void> {
    const offsets = [...positions].map(([partition, offset]) => ({ topic, partition, offset: String(offset) }));
    if (offsets.length === 0 || stopping || rebalance !== null) return;
    await kafka.commitOffsets(offsets).catch(() => undefined);
  }

  async function leave(): Promise<void> {
    stopping = true;
    quietly(() => {
      if (joined.length > 0) kafka.pause([{ topic, partitions: [...joined] }]);
    });
    if (!(await settledWithin(slots.release(), RELEASE_LIMIT))) logger.warn({}, 'gave up waiting for the drain');
    released = true;
    if (!(await settledWithin(kafka.disconnect(), LEAVE_LIMIT))) logger.warn({}, 'gave up waiting for the group to be left');
  }

  return {
    start,
    failed: failure.promise,
    slots,
    signs: () => {
      const count = signs;
      signs = 0;
      return count;
    },
    hint,
    leave,
  };
}
