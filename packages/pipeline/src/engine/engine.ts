/**
 * The engine: claims the partitions that a log source assigns, hands their batches to one task each, and runs one relay beside each task.
 *
 *   assign ──> claim ──> checks (retention, topic) ──> task.start ──> batch, caughtUp ... ──> revoke: drain, drop
 *
 * A partition that cannot be read without loss, or meets an error that waiting cannot fix, stops and reports why. The others continue.
 */
import type { PolicySet } from '@desist/domain';
import { isOwnedBy } from '../ports/checkpoint.ts';
import type { LastRecord } from '../ports/checkpoint.ts';
import type { Codec } from '../ports/codec.ts';
import type { CommitPlan } from '../ports/commit-plan.ts';
import { OTHER_PARTITIONER } from '../ports/outcomes.ts';
import type { AssignOutcome, BatchOutcome, LogBatch, LogBounds, LogConsumer, LogSink, LogSource } from '../ports/log.ts';
import { isAdapterError } from '../ports/errors.ts';
import { createRetry, createWaits, messageOf } from '../ports/retry.ts';
import type { Waits } from '../ports/retry.ts';
import type { Claim, RecipientStore } from '../ports/store.ts';
import type { Logger, Time } from '../ports/time.ts';
import type { Limits } from '../partition/committer.ts';
import { DEFAULT_LIMITS } from '../partition/committer.ts';
import type { PartitionTask, TaskOptions } from '../partition/task.ts';
import { unlikeLast } from '../partition/last-record.ts';
import { createTask } from '../partition/task.ts';
import type { Relay, RelayAudit } from '../relay/relay.ts';
import { createRelay } from '../relay/relay.ts';
import type { PipelineMetrics } from '../traffic/metrics.ts';
import { createClockSkew } from './clock-skew.ts';
import { createRefolding } from './refolding.ts';
import { createSharedExclusiveLock } from './shared-exclusive-lock.ts';

export interface EngineOptions {
  readonly store: RecipientStore;
  readonly source: Pick<LogSource, 'bounds' | 'identity'>;
  readonly sink: LogSink;
  readonly codec: Codec;
  /** Or those in force, asked for at each claim and by `followPolicy`: an answer is never older than the one before, in whatever process. */
  readonly policies: PolicySet | (() => Promise<PolicySet>);
  readonly time: Time;
  readonly logger: Logger;
  /** Name of this process in the checkpoints. */
  readonly owner: string;
  readonly limits?: Limits;
  /** Milliseconds that the partition clock stays behind the present. */
  readonly grace?: number;
  /** Time limit of a drain, ms. */
  readonly drain?: number;
  readonly committed?: TaskOptions['committed'];
  readonly metrics?: PipelineMetrics;
  /**
   * The database went back in time since an audit of this partition was last asked for. With `audit` that is done behind this call; without it,
   * this is called at each claim until `RecipientStore.markAudited` was.
   */
  readonly wentBack?: (claim: Claim) => void;
  /** Name of the input topic, for the headers of dead letters. */
  readonly inputTopic?: string;
  /** The number of partitions that recipients are distributed over. Partitions from this number on are refused. Undefined: not known. */
  readonly partitions?: () => number | undefined;
  /** Compares the topic of suppressions with the table, on request and when it is found behind. Without it nobody does. */
  readonly audit?: Omit<RelayAudit, 'codec' | 'partitionOf'>;
  /** The partition of the input that a key belongs to. Undefined, or when it answers so: not known, and nobody looks. */
  readonly partitionOf?: (key: string | Uint8Array) => number | undefined;
}

export interface PartitionStatus {
  readonly partition: number;
  readonly epoch: number;
  readonly position: number;
  readonly committed: number;
  readonly highWatermark: number;
  readonly clock: number;
  /** Version of the policy that it is folded under. */
  readonly policy: string;
  readonly tracked: number;
  /** Recipients that are still to be folded again after the policy was changed. */
  readonly outdated: number;
  readonly stopped: string | null;
  readonly counts: PartitionTask['counts'];
}

export interface Engine extends LogConsumer {
  status(): readonly PartitionStatus[];
  /** Operations that are being retried: readiness and metrics show them. */
  readonly waits: Pick<Waits, 'problems' | 'retries'>;
  /** Looks whether audits of partitions owned here were asked for or are needed; of these partitions, or of all. */
  lookForAudits(partitions?: ReadonlySet<number>): void;
  /**
   * Partitions that are folded under another policy than the one in force go over to it, one after the other, each between two commits: it is
   * claimed again, as by a process that was started anew. Rejects when the policy in force cannot be read.
   */
  followPolicy(): Promise<void>;
  /** Stops every partition for good, also those that are assigned later: nothing that is read from now on can be trusted. */
  halt(reason: string): Promise<void>;
  /**
   * Stops the relays; commits nothing more, and waits for no database or log any more, because they are closed next. Nothing that fails from
   * here on stops a partition: its next owner finds out for itself.
   */
  close(): Promise<void>;
}

const CLOSED: AssignOutcome & BatchOutcome = { kind: 'stopped', reason: 'the engine is closed' };
const FENCED = 'another owner has the partition: what was not committed is dropped';
/** ms between two lines about records of another partitioner. */
const SAY_EVERY = 60_000;
const GRACE = 60_000;
const DRAIN = 10_000;

/** One partition while this process owns it. */
interface Owned {
  readonly task: PartitionTask;
  readonly policies: PolicySet;
  readonly relay: Relay;
  readonly stopRelay: AbortController;
  readonly relayEnded: Promise<unknown>;
  highWatermark: number;
  /** The last record that was folded before the claim, until the log has shown what stands there. */
  unconfirmed: LastRecord | null;
  /** Aborted when the partition is revoked: processing in isolation ends after the current record. */
  readonly revoking: AbortController;
  stopped: string | null;
  /** The last queued operation on the task. Operations run one after the other. */
  last: Promise<unknown>;
}

export function createEngine(options: EngineOptions): Engine {
  const { store, source, sink, codec, time, logger, owner } = options;
  const limits = options.limits ?? DEFAULT_LIMITS;
  const grace = options.grace ?? GRACE;
  const owned = new Map<number, Owned>();
  const lock = createSharedExclusiveLock();
  const waits = createWaits(logger, time);
  const closed = new AbortController();
  const closing = closed.signal;
  const retry = createRetry({ time, waits, closing });
  const skew = createClockSkew({ time, logger, tolerance: grace / 2, databaseNow: () => retry("the database's clock", () => store.now()) });

  // --------------------------------------------------------------------------------------- ownership

  /** Why all partitions are stopped. */
  let halted: string | null = null;

  async function assign(partition: number): Promise<AssignOutcome> {
    if (halted !== null) return { kind: 'stopped', reason: halted };
    const partitionCount = options.partitions?.() ?? Number.POSITIVE_INFINITY;
    if (partition >= partitionCount) {
      const reason = `the input was given more partitions than the ${partitionCount} that recipients are distributed over: their events would move to other partitions`;
      logger.error({ partition, reason }, 'partition refused');
      return { kind: 'stopped', reason };
    }
    try {
      const outcome = (await inTurnOf(partition, keptTask)) ?? (await claimPartition(partition));
      const one = owned.get(partition);
      // Halted while it was claimed.
      if (halted !== null && outcome.kind === 'start' && one !== undefined) {
        await stop(one, halted);
        return { kind: 'stopped', reason: halted };
      }
      return outcome;
    } catch (error) {
      if (!isAdapterError(error)) throw error;
      if (closing.aborted) return CLOSED;
      const reason = error.message;
      logger.error({ partition, reason }, 'partition refused: waiting cannot fix this');
      return { kind: 'stopped', reason };
    }
  }

  /** The task of an earlier assignment, if it still has its epoch. */
  async function keptTask(known: Owned): Promise<AssignOutcome | undefined> {
    const { task } = known;
    const { partition } = task;
    const checkpoint = await retry('the checkpoint', () => store.position(partition));
    const isOurs = isOwnedBy(checkpoint, task);
    if (known.stopped === null && task.state().kind === 'running' && isOurs) return { kind: 'start', offset: startOf(known) };
    if (!isOurs) logger.warn({ partition }, FENCED);
    await drop(partition);
    return undefined;
  }

  async function claimPartition(partition: number): Promise<AssignOutcome> {
    const log = await retry('the identity of the log', () => source.identity());
    // Before the claim: what is published later by a predecessor was committed before it, too.
    const published = await retry('how far changes were published', () => sink.published(partition));
    const claim = await retry('claiming a partition', () => store.claim(partition, owner, { log, published }));
    if (claim.stopped !== null) return { kind: 'stopped', reason: claim.stopped };
    const bounds = await boundsOf(partition);
    const wrong = otherLog(claim, log) ?? retentionLoss(claim, bounds);
    if (wrong !== null) return stopClaim(claim, wrong);
    if (claim.auditedIncarnation < claim.incarnation) {
      logger.warn({ partition, incarnation: claim.incarnation }, 'the database went back in time: the topics are compared with the tables');
      options.wentBack?.(claim);
      const { audit } = options;
      if (audit !== undefined) await retry('asking for an audit', () => audit.store.requestAudit(partition, 'database_went_back'));
      // From here on the request is stored.
      if (audit !== undefined) await retry('noting the audit', () => store.markAudited(claim, claim.incarnation));
    }
    await skew.measure();
    const { metrics } = options;
    // Asked behind the claim: whoever owned the partition before knew no later one.
    const policies = await policiesInForce();
    const task = createTask(claim, {
      ...{ store, codec, policies, time, limits, waits, closing, metrics, partitionOf: options.partitionOf },
      isolation: lock,
      committed(plan, milliseconds) {
        if (plan.outbox.length > 0 || plan.deadLetters.length > 0) owned.get(partition)?.relay.wake();
        sayMisplaced(plan);
        options.committed?.(plan, milliseconds);
      },
    });
    try {
      await task.start();
    } catch (error) {
      if (!isAdapterError(error)) throw error;
      return await stopClaim(claim, error.message);
    }
    // Closed while it was claimed: nobody would stop its relay.
    if (closing.aborted) return CLOSED;
    const last = claim.last !== null && claim.last.offset >= bounds.low ? claim.last : null;
    const one = own(claim, { task, policies, unconfirmed: last });
    refolding.begin(one);
    const { version: policy } = policies;
    logger.info({ partition, epoch: claim.epoch, offset: claim.nextOffset, tracked: task.tracked(), policy }, 'partition claimed');
    return { kind: 'start', offset: startOf(one) };
  }

  const misplacedSaidAt = new Map<number, number>();

  /** Loudly, but not with each commit. */
  function sayMisplaced({ partition, faults = [] }: CommitPlan): void {
    const misplaced = faults.find(({ kind }) => kind === OTHER_PARTITIONER);
    const now = time.monotonic();
    if (misplaced === undefined || now - (misplacedSaidAt.get(partition) ?? Number.NEGATIVE_INFINITY) < SAY_EVERY) return;
    misplacedSaidAt.set(partition, now);
    const { count, lastOffset } = misplaced;
    logger.error(
      { partition, count, lastOffset },
      'records of another partitioner: release and forget do not reach their recipients; producers must hash keys as Java does (murmur2)',
    );
  }

  /** Reading begins at the last record that was folded, so that it is seen to be the same: that costs no request. */
  function startOf({ task, unconfirmed }: Owned): number {
    return unconfirmed?.offset ?? task.position();
  }

  function policiesInForce(): Promise<PolicySet> {
    const { policies } = options;
    return typeof policies === 'function' ? retry('the policy in force', policies) : Promise.resolve(policies);
  }

  function own(claim: Claim, { task, policies, unconfirmed }: Pick<Owned, 'task' | 'policies' | 'unconfirmed'>): Owned {
    const { partition } = claim;
    const inputTopic = options.inputTopic ?? 'delivery-events';
    const { partitionOf = () => undefined } = options;
    const audit = options.audit === undefined ? undefined : { ...options.audit, codec, partitionOf };
    const relay = createRelay({ owner: claim, store, sink, time, waits, logger, inputTopic, audit });
    const stopRelay = new AbortController();
    const one: Owned = {
      task,
      policies,
      relay,
      stopRelay,
      relayEnded: relay.run(stopRelay.signal).catch((error: unknown) => {
        // Subscribers get no more changes. To keep folding would hide that.
        const reason = `publishing ended: ${messageOf(error)}`;
        void inTurn(one, () => stop(one, reason)).catch((problem: unknown) => {
          logger.error({ partition, problem: messageOf(problem) }, 'the stop could not be stored');
        });
      }),
      highWatermark: claim.nextOffset,
      unconfirmed,
      revoking: new AbortController(),
      stopped: null,
      last: Promise.resolve(),
    };
    owned.set(partition, one);
    return one;
  }

  const refolding = createRefolding<Owned>({
    partitions: () => [...owned.values()].filter(({ stopped, task }) => stopped === null && task.state().kind === 'running'),
    step: (one) => inTurn(one, () => refoldPage(one)),
    time,
    logger,
  });

  async function refoldPage(one: Owned): Promise<void> {
    const { task } = one;
    if (owned.get(task.partition) !== one || one.stopped !== null) return;
    try {
      await task.refold();
      if (task.state().kind !== 'running') await outcome(one);
    } catch (error) {
      // A fault of the program, with no record to blame: the partition must not go on as if nothing had happened.
      await stop(one, messageOf(error));
    }
  }

  /** The partition goes over to the policy in force. In its turn. */
  async function renew(one: Owned): Promise<void> {
    const { task, revoking } = one;
    const { partition } = task;
    if (one.stopped !== null || revoking.signal.aborted) return;
    try {
      await task.flush();
      if (task.state().kind !== 'running') return void (await outcome(one));
      // A sleeper that wakes must not take a partition back.
      if (!isOwnedBy(await retry('the checkpoint', () => store.position(partition)), task)) {
        logger.warn({ partition }, FENCED);
        return await drop(partition);
      }
      one.stopRelay.abort();
      await one.relayEnded;
      const claimed = await claimPartition(partition);
      const now = owned.get(partition);
      // It was given away or stopped meanwhile; or nobody owns it any more, and the source is told so with its next batch.
      if (claimed.kind === 'stopped' || now === undefined || revoking.signal.aborted) await drop(partition);
      else if (halted !== null) await stop(now, halted);
      // The source reads on where it is.
      else now.unconfirmed = one.unconfirmed;
    } catch (error) {
      // A fault of the program, with no record to blame.
      if (!isAdapterError(error)) return void (await stop(owned.get(partition) ?? one, messageOf(error)));
      if (!closing.aborted) logger.error({ partition, problem: error.message }, 'a partition could not go over to the policy in force');
      await drop(partition);
    }
  }

  async function followPolicy(): Promise<void> {
    const policies = await policiesInForce();
    for (const [partition, { policies: own }] of owned) {
      if (own === policies) continue;
      await inTurnOf(partition, async (one) => (one.policies === policies ? undefined : renew(one)));
    }
  }

  async function drop(partition: number): Promise<void> {
    const one = owned.get(partition);
    if (one === undefined) return;
    owned.delete(partition);
    one.stopRelay.abort();
    await one.relayEnded;
  }

  /**
   * The reason if retention deleted records that were never folded, or the topic was recreated; otherwise null. Nothing may be skipped
   * silently.
   */
  function retentionLoss({ nextOffset }: Claim, { low, high }: LogBounds): string | null {
    if (high < nextOffset) {
      return `the log ends at ${high}, before the checkpoint ${nextOffset}: the topic was recreated or another one is configured`;
    }
    if (low > nextOffset) {
      return `records ${nextOffset} to ${low - 1} were deleted by retention before they were read`;
    }
    return null;
  }

  /** The reason if the checkpoint belongs to another log: at its offset stands something else there. */
  function otherLog({ log: bound }: Claim, log: string): string | null {
    if (bound === null || bound === log) return null;
    return `the checkpoint belongs to another log (${bound}) than the one that is configured (${log})`;
  }

  async function stopClaim(claim: Claim, reason: string): Promise<AssignOutcome> {
    if (closing.aborted) return CLOSED;
    logger.error({ partition: claim.partition, reason }, 'partition stopped');
    await retry('stopping a partition', () => store.markStopped(claim, reason));
    return { kind: 'stopped', reason };
  }

  // ----------------------------------------------------------------------------------------- batches

  async function batch(batch: LogBatch): Promise<BatchOutcome> {
    const processed = await inTurnOf(batch.partition, async (one): Promise<BatchOutcome> => {
      if (one.stopped !== null) return { kind: 'stopped', reason: one.stopped };
      try {
        return await processBatch(one, batch);
      } catch (error) {
        if (!isAdapterError(error)) throw error;
        return stop(one, error.message);
      }
    });
    return processed ?? { kind: 'fenced' };
  }

  async function processBatch(one: Owned, batch: LogBatch): Promise<BatchOutcome> {
    const { task, revoking } = one;
    if (one.unconfirmed !== null) {
      const wrong = unlikeLast(one.unconfirmed, batch.records);
      if (wrong !== null) return stop(one, wrong);
      one.unconfirmed = null;
    }
    one.highWatermark = Math.max(one.highWatermark, batch.highWatermark);
    const expected = task.position();
    if (batch.nextOffset <= expected) return { kind: 'processed' };
    if (batch.firstOffset > expected) {
      const { low } = await boundsOf(batch.partition);
      if (low > expected) {
        return stop(one, `records ${expected} to ${low - 1} were deleted by retention before they were read`);
      }
      if (!followsSeek(batch, expected)) return { kind: 'seek', offset: expected };
    }
    const unfinished = task.isolating();
    if (unfinished !== undefined) {
      logger.warn(
        { partition: batch.partition, offset: expected, unfinished },
        'records are processed in isolation: something kills the process',
      );
    }
    await task.process(batch.records, batch.nextOffset, revoking.signal);
    return outcome(one);
  }

  /** The source was already asked to seek to `expected` and still delivers a later record: only control or aborted records lie between. */
  const soughtOffsets = new Map<number, number>();
  function followsSeek({ partition }: LogBatch, expected: number): boolean {
    if (soughtOffsets.get(partition) === expected) return true;
    soughtOffsets.set(partition, expected);
    return false;
  }

  async function outcome(one: Owned): Promise<BatchOutcome> {
    const state = one.task.state();
    switch (state.kind) {
      case 'running':
        return { kind: 'processed' };
      case 'fenced':
        logger.warn({ partition: one.task.partition }, FENCED);
        await drop(one.task.partition);
        return { kind: 'fenced' };
      case 'stopped':
        return stop(one, state.reason);
      default:
        state satisfies never;
        return { kind: 'processed' };
    }
  }

  async function stop(one: Owned, reason: string): Promise<BatchOutcome> {
    one.stopped = reason;
    if (closing.aborted) return CLOSED;
    const { partition } = one.task;
    logger.error({ partition, offset: one.task.committed(), reason }, 'partition stopped');
    try {
      await retry('stopping a partition', () => store.markStopped(one.task, reason));
    } catch (error) {
      // Closed while the database was away: the next owner meets the same, or it was mended meanwhile.
      if (!closing.aborted) throw error;
    }
    return { kind: 'stopped', reason };
  }

  // -------------------------------------------------------------------------------------------- time

  function caughtUp(partition: number, position: number, asOf: number): 'fenced' | undefined {
    const one = owned.get(partition);
    if (one === undefined) return 'fenced';
    if (one.stopped !== null) return undefined;
    const requestedAt = time.monotonic();
    const follow = (now: Owned): Promise<void> => followPresent(now, position, { asOf, requestedAt });
    void inTurnOf(partition, follow).catch((error: unknown) => {
      if (closing.aborted) return;
      logger.warn({ partition, problem: messageOf(error) }, 'the partition clock was not moved');
      // A fault of the program, with no record to blame: the partition must not go on as if nothing had happened.
      if (isAdapterError(error)) return;
      void inTurnOf(partition, async (now) => (now.stopped === null ? stop(now, messageOf(error)) : undefined)).catch(() => undefined);
    });
    return undefined;
  }

  async function followPresent(
    one: Owned,
    position: number,
    { asOf, requestedAt }: { readonly asOf: number; readonly requestedAt: number },
  ): Promise<void> {
    const { task } = one;
    if (position > task.position()) {
      // All records up to `position` were delivered: the partition ends with control or aborted records.
      await task.skipTo(position);
    }
    await skew.measure();
    // `asOf` on the current wall clock: the clock may have been set back since, and a moment that was ahead is not the present.
    // Rounded, because clocks are stored in whole milliseconds and the monotonic clock is finer.
    const moment = Math.min(asOf, Math.round(time.now() - (time.monotonic() - requestedAt)));
    await task.advance(skew.isTrusted() ? moment - grace : Number.NEGATIVE_INFINITY);
    if (task.state().kind !== 'running') await outcome(one);
  }

  async function revoke(partitions: readonly number[]): Promise<void> {
    await Promise.all(
      partitions.map(async (partition) => {
        const one = owned.get(partition);
        if (one === undefined) return;
        const drained = new AbortController();
        one.revoking.abort();
        const drain = inTurnOf(partition, ({ task }) => task.flush());
        await Promise.race([drain, time.sleep(options.drain ?? DRAIN, drained.signal)]);
        drained.abort();
        if (owned.get(partition)?.task.state().kind === 'fenced') logger.warn({ partition }, FENCED);
        await drop(partition);
      }),
    );
  }

  // ------------------------------------------------------------------------------------------- parts

  function boundsOf(partition: number): Promise<LogBounds> {
    return retry('the bounds of the log', () => source.bounds(partition));
  }

  function inTurn<T>(one: Owned, work: () => Promise<T>): Promise<T> {
    const next = one.last.then(work, work);
    one.last = next.catch(() => undefined);
    return next;
  }

  /** In turn with what else is done on the partition, by the task that it has then. Undefined: it is not owned here. */
  async function inTurnOf<T>(partition: number, work: (one: Owned) => Promise<T>): Promise<T | undefined> {
    for (;;) {
      const one = owned.get(partition);
      if (one === undefined) return undefined;
      const done = await inTurn(one, async () => (owned.get(partition) === one ? { value: await work(one) } : undefined));
      if (done !== undefined) return done.value;
    }
  }

  return {
    assign,
    batch,
    caughtUp,
    revoke,
    followPolicy,
    waits,
    lookForAudits(partitions) {
      for (const [partition, { relay }] of owned) if (partitions?.has(partition) !== false) relay.lookForAudit();
    },
    status: () =>
      [...owned.values()].map(({ task, policies, highWatermark, stopped }) => ({
        partition: task.partition,
        epoch: task.epoch,
        position: task.position(),
        committed: task.committed(),
        highWatermark,
        clock: task.clock(),
        policy: policies.version,
        tracked: task.tracked(),
        outdated: task.outdated(),
        stopped,
        counts: task.counts,
      })),
    async halt(reason) {
      if (halted !== null) return;
      halted = reason;
      await Promise.all([...owned.values()].map((one) => inTurn(one, async () => (one.stopped === null ? stop(one, reason) : undefined))));
    },
    async close() {
      closed.abort();
      await Promise.all([...owned.keys()].map(drop));
    },
  };
}
