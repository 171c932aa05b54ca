/**
 * The engine: claims the partitions that a log source assigns, hands their batches to one task each, and runs one relay
 * beside each task. A partition that can not be read without loss stops by itself and says why; the others go on.
 */
import type { PolicySet } from '@desist/domain';
import type {
  AssignOutcome,
  BatchOutcome,
  Claim,
  LogBatch,
  LogConsumer,
  Logger,
  LogSink,
  LogSource,
  RecipientStore,
  Time,
} from './ports.ts';
import type { Relay } from './relay.ts';
import { createRelay } from './relay.ts';
import { createRoom } from './room.ts';
import type { Stop } from './stop.ts';
import { createStop } from './stop.ts';
import type { Limits, PartitionTask, TaskOptions } from './task.ts';
import { messageOf, untilThere } from './retry.ts';
import type { Tally } from './tally.ts';
import { createTask, DEFAULT_LIMITS, SINGLY_AFTER } from './task.ts';
import type { Wire } from './wire.ts';

export interface EngineOptions {
  readonly store: RecipientStore;
  readonly source: Pick<LogSource, 'bounds'>;
  readonly sink: LogSink;
  readonly wire: Wire;
  readonly policies: PolicySet;
  readonly time: Time;
  readonly logger: Logger;
  /** Names this process in the checkpoints. */
  readonly owner: string;
  readonly limits?: Limits;
  /** Milliseconds that the partition clock stays behind the present. */
  readonly grace?: number;
  /** Milliseconds that a drain may take. */
  readonly drain?: number;
  readonly committed?: TaskOptions['committed'];
  readonly tally?: Tally;
  /** Name of the input topic, for the headers of dead letters. */
  readonly inputTopic?: string;
  /** What the recipients are spread over: a partition from here on is not taken. Undefined: not known. */
  readonly partitions?: () => number | undefined;
}

export interface PartitionStatus {
  readonly partition: number;
  readonly epoch: number;
  readonly position: number;
  readonly committed: number;
  readonly highWatermark: number;
  readonly clock: number;
  readonly tracked: number;
  readonly stopped: string | null;
  readonly counts: PartitionTask['counts'];
}

export interface Engine extends LogConsumer {
  status(): readonly PartitionStatus[];
  /** Stops the relays; commits nothing more. */
  close(): Promise<void>;
}

const FENCED = 'another owner has the partition: what was not committed is dropped';
const GRACE = 60_000;
const DRAIN = 10_000;
const SKEW_KNOWN_FOR = 60_000;

/** One partition while this process owns it. */
interface Owned {
  readonly task: PartitionTask;
  readonly relay: Relay;
  readonly relayStop: Stop;
  readonly relayDone: Promise<unknown>;
  highWatermark: number;
  /** The partition is about to be let go of: what is taken one record at a time ends after the one at hand. */
  readonly leaving: Stop;
  /** How often something was begun and never ended before this claim: the first batch heeds it. Undefined: it did. */
  unended: number | undefined;
  stopped: string | null;
  /** Everything that touches the task, one after the other. */
  last: Promise<unknown>;
}

export function createEngine(options: EngineOptions): Engine {
  const { store, source, sink, wire, policies, time, logger, owner } = options;
  const limits = options.limits ?? DEFAULT_LIMITS;
  const grace = options.grace ?? GRACE;
  const owned = new Map<number, Owned>();
  const room = createRoom();
  let skew: { readonly ms: number; readonly at: number; readonly now: number } | undefined;

  // --------------------------------------------------------------------------------------- ownership

  async function assign(partition: number): Promise<AssignOutcome> {
    const spread = options.partitions?.() ?? Number.POSITIVE_INFINITY;
    if (partition >= spread) {
      const reason = `the input was given more partitions than the ${spread} that recipients are spread over: their events would change places`;
      logger.error({ partition, reason }, 'partition not taken');
      return { kind: 'stopped', reason };
    }
    const known = owned.get(partition);
    if (known !== undefined) {
      const kept = await retried(() => store.position(partition));
      if (known.stopped === null && known.task.state().kind === 'running' && kept?.epoch === known.task.epoch) {
        return { kind: 'start', offset: known.task.position() };
      }
      if (kept?.epoch !== known.task.epoch) logger.warn({ partition }, FENCED);
      await drop(partition);
    }
    const claim = await retried(() => store.claim(partition, owner));
    if (claim.stopped !== null) return { kind: 'stopped', reason: claim.stopped };
    const gap = await retentionLoss(claim);
    if (gap !== null) return stopClaim(claim, gap);
    await measureSkew();
    const task = createTask(claim, {
      store,
      wire,
      policies,
      time,
      limits,
      ...(options.tally === undefined ? {} : { tally: options.tally }),
      committed(plan, took) {
        if (plan.outbox.length > 0 || plan.deadLetters.length > 0) owned.get(partition)?.relay.wake();
        options.committed?.(plan, took);
      },
      committing: (ended) => {
        room.holds(ended);
      },
    });
    await room.among(() => retried(() => task.start()));
    own(claim, task);
    logger.info({ partition, epoch: claim.epoch, offset: claim.nextOffset, tracked: task.tracked() }, 'partition claimed');
    return { kind: 'start', offset: claim.nextOffset };
  }

  function own(claim: Claim, task: PartitionTask): void {
    const { partition, epoch } = claim;
    const inputTopic = options.inputTopic ?? 'delivery-events';
    const relay = createRelay({ owner: { partition, epoch }, store, sink, time, logger, inputTopic });
    const relayStop = createStop();
    const relayDone = relay.run(relayStop.signal).catch((error: unknown) => {
      logger.error({ partition, problem: messageOf(error) }, 'relay ended');
    });
    owned.set(partition, {
      task,
      relay,
      relayStop,
      relayDone,
      highWatermark: claim.nextOffset,
      leaving: createStop(),
      unended: claim.attempts,
      stopped: null,
      last: Promise.resolve(),
    });
  }

  async function drop(partition: number): Promise<void> {
    const one = owned.get(partition);
    if (one === undefined) return;
    owned.delete(partition);
    one.relayStop.stop();
    await one.relayDone;
  }

  /** Retention ate records that were never folded, or the topic was made again: nothing may be skipped silently. */
  async function retentionLoss({ partition, nextOffset }: Claim): Promise<string | null> {
    const { low, high } = await retried(() => source.bounds(partition));
    if (high < nextOffset) {
      return `the log ends at ${high}, before the checkpoint ${nextOffset}: the topic was made again or another one is configured`;
    }
    if (low > nextOffset) {
      return `records ${nextOffset} to ${low - 1} were deleted by retention before they were read`;
    }
    return null;
  }

  async function stopClaim(claim: Claim, reason: string): Promise<AssignOutcome> {
    logger.error({ partition: claim.partition, reason }, 'partition stopped');
    await retried(() => store.markStopped(claim, reason));
    return { kind: 'stopped', reason };
  }

  // ----------------------------------------------------------------------------------------- batches

  async function batch(batch: LogBatch): Promise<BatchOutcome> {
    const { partition } = batch;
    const one = owned.get(partition);
    if (one === undefined) return { kind: 'fenced' };
    return inTurn(one, async () => {
      const { task } = one;
      if (one.stopped !== null) return { kind: 'stopped', reason: one.stopped };
      one.highWatermark = Math.max(one.highWatermark, batch.highWatermark);
      const expected = task.position();
      if (batch.nextOffset <= expected) return { kind: 'taken' };
      if (batch.firstOffset > expected) {
        const { low } = await retried(() => source.bounds(partition));
        if (low > expected) {
          return stop(one, `records ${expected} to ${low - 1} were deleted by retention before they were read`);
        }
        if (!batchFollows(batch, expected)) return { kind: 'seek', offset: expected };
      }
      const { unended } = one;
      if (unended !== undefined && unended >= SINGLY_AFTER) {
        logger.warn({ partition, offset: expected, unended }, 'records are taken one at a time: something kills the process');
        await task.takeSingly(batch.records, batch.nextOffset, room, one.leaving.signal);
      } else {
        if (unended !== undefined && !(await task.begin())) return fenced(partition);
        await room.among(() => task.take(batch.records, batch.nextOffset));
      }
      one.unended = undefined;
      return outcome(one);
    });
  }

  /** The source was already sent to `expected` and answers with a later record: control or aborted records lie between. */
  const soughtFor = new Map<number, number>();
  function batchFollows({ partition }: LogBatch, expected: number): boolean {
    if (soughtFor.get(partition) === expected) return true;
    soughtFor.set(partition, expected);
    return false;
  }

  async function outcome(one: Owned): Promise<BatchOutcome> {
    const state = one.task.state();
    switch (state.kind) {
      case 'running':
        return { kind: 'taken' };
      case 'fenced':
        return fenced(one.task.partition);
      case 'stopped':
        return stop(one, state.reason);
      default:
        state satisfies never;
        return { kind: 'taken' };
    }
  }

  async function fenced(partition: number): Promise<BatchOutcome> {
    logger.warn({ partition }, FENCED);
    await drop(partition);
    return { kind: 'fenced' };
  }

  async function stop(one: Owned, reason: string): Promise<BatchOutcome> {
    one.stopped = reason;
    const { partition } = one.task;
    logger.error({ partition, offset: one.task.committed(), reason }, 'partition stopped');
    await retried(() => store.markStopped(one.task, reason));
    return { kind: 'stopped', reason };
  }

  // -------------------------------------------------------------------------------------------- time

  function caughtUp(partition: number, position: number, asOf: number): 'fenced' | undefined {
    const one = owned.get(partition);
    if (one === undefined) return 'fenced';
    if (one.stopped !== null) return undefined;
    const asked = time.monotonic();
    void inTurn(one, async () => {
      if (position > one.task.position()) {
        if (one.task.state().kind !== 'running') return;
        // All records up to there were handed over: the partition ends with markers or aborted ones.
        await room.among(() => one.task.take([], position));
      }
      await measureSkew();
      const trusted = skew !== undefined && Math.abs(skew.ms) <= grace / 2;
      // The caller's moment on the clock as it is now: it may have been put back since, and what was ahead is not the present.
      // Whole milliseconds, as clocks are stored; what waited runs on a finer one.
      const moment = Math.min(asOf, Math.round(time.now() - (time.monotonic() - asked)));
      await room.among(() => one.task.advance(trusted ? moment - grace : Number.NEGATIVE_INFINITY));
      const state = one.task.state();
      if (state.kind !== 'running') await outcome(one);
    }).catch((error: unknown) => {
      logger.warn({ partition, problem: messageOf(error) }, 'the partition clock was not moved');
    });
    return undefined;
  }

  /** The present is this host's clock: compared with the database's before it may fire anything. */
  async function measureSkew(): Promise<void> {
    if (skew !== undefined && time.monotonic() - skew.at < SKEW_KNOWN_FOR && !wasSet(skew)) return;
    const before = time.now();
    const theirs = await retried(() => store.now());
    const ms = (before + time.now()) / 2 - theirs;
    if (Math.abs(ms) > grace / 2) {
      logger.error({ milliseconds: Math.round(ms) }, 'this host and the database disagree about the time: deadlines wait');
    }
    skew = { ms, at: time.monotonic(), now: time.now() };
  }

  /** The host's clock was put forward or back: it went another way than time did. */
  function wasSet({ at, now }: { readonly at: number; readonly now: number }): boolean {
    return Math.abs(time.now() - now - (time.monotonic() - at)) > grace / 2;
  }

  async function revoke(partitions: readonly number[]): Promise<void> {
    await Promise.all(
      partitions.map(async (partition) => {
        const one = owned.get(partition);
        if (one === undefined) return;
        const limit = createStop();
        one.leaving.stop();
        await Promise.race([inTurn(one, () => room.among(() => one.task.flush())), time.sleep(options.drain ?? DRAIN, limit.signal)]);
        limit.stop();
        if (one.task.state().kind === 'fenced') logger.warn({ partition }, FENCED);
        await drop(partition);
      }),
    );
  }

  // ------------------------------------------------------------------------------------------- parts

  function inTurn<T>(one: Owned, work: () => Promise<T>): Promise<T> {
    const next = one.last.then(work, work);
    one.last = next.catch(() => undefined);
    return next;
  }

  function retried<T>(work: () => Promise<T>): Promise<T> {
    return untilThere(time, work, (problem) => logger.warn({ problem }, 'waiting for the database or the log'));
  }

  return {
    assign,
    batch,
    caughtUp,
    revoke,
    status: () =>
      [...owned.values()].map(({ task, highWatermark, stopped }) => ({
        partition: task.partition,
        epoch: task.epoch,
        position: task.position(),
        committed: task.committed(),
        highWatermark,
        clock: task.clock(),
        tracked: task.tracked(),
        stopped,
        counts: task.counts,
      })),
    async close() {
      await Promise.all([...owned.keys()].map(drop));
    },
  };
}
