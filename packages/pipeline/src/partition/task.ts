/**
 * The task of one partition, from its claim to the loss of its epoch.
 *
 *   start ──> process (batches), advance (the present) ──> flush
 *   running ──> fenced    another owner has the partition: everything here is dropped
 *          └──> stopped   an operator must act: what is committed stays
 *
 * A batch goes read-batch ──> load ──> fold ──> timers ──> committer. Records are folded one by one, each at the partition clock that the log
 * gives it, so what is published follows from the log alone and not from how it was cut into batches.
 */
import { isCommand, recipientKey } from '@desist/domain';
import type { CommandRefusal, LogEvent, PolicySet, ProviderOf, RecipientKey, RecipientRef, SenderNotice } from '@desist/domain';
import { createIncidents } from '../incidents/known.ts';
import type { Codec } from '../ports/codec.ts';
import type { CommitPlan } from '../ports/commit-plan.ts';
import type { LogRecord } from '../ports/log.ts';
import type { CommandOutcome } from '../ports/outcomes.ts';
import { OTHER_PARTITIONER } from '../ports/outcomes.ts';
import { createRetry, messageOf } from '../ports/retry.ts';
import { isAdapterError } from '../ports/errors.ts';
import type { Waits } from '../ports/retry.ts';
import type { LastRecord } from '../ports/checkpoint.ts';
import type { Claim, RecipientStore } from '../ports/store.ts';
import type { Signal, Time } from '../ports/time.ts';
import type { PipelineMetrics } from '../traffic/metrics.ts';
import { createTraffic } from '../traffic/traffic.ts';
import { applyIncident } from './apply-incident.ts';
import { createBreaker } from './breaker.ts';
import { createCommitter, MOST_CHARACTERS } from './committer.ts';
import type { Limits } from './committer.ts';
import { createContexts, createShadowPolicy } from './contexts.ts';
import { createDeadlines } from './deadlines.ts';
import { createFold } from './fold.ts';
import type { Folded } from './fold.ts';
import { lastRecordOf } from './last-record.ts';
import { createOutbox } from './outbox.ts';
import { createPoisonGuard } from './poison-guard.ts';
import type { Isolation, Step } from './poison-guard.ts';
import { createReadBatch, SLICE } from './read-batch.ts';
import { createRefoldPolicy } from './refold-policy.ts';
import { createRecipients } from './recipients.ts';
import { drainRows, loadRecipients } from './rows.ts';

/** Counts of one partition since the claim. Nothing in here is labelled by address. */
export interface TaskCounts {
  records: number;
  /** Deliveries and acceptances that needed no parsing. */
  peeked: number;
  duplicates: number;
  clamped: number;
  deadLetters: number;
  changes: number;
  commits: number;
  /** Examined records whose keys belong to another partition, and when the last one was read, ms; null: none was. */
  misplaced: number;
  misplacedAt: number | null;
}

export const NO_COUNTS: Readonly<TaskCounts> = {
  ...{ records: 0, peeked: 0, duplicates: 0, clamped: 0, deadLetters: 0, changes: 0, commits: 0 },
  ...{ misplaced: 0, misplacedAt: null },
};
const FOREIGN = 'this recipient belongs to another partition: its records came with another key or partitioner before';

export interface TaskOptions {
  readonly store: RecipientStore;
  readonly codec: Codec;
  readonly policies: PolicySet;
  readonly time: Time;
  readonly limits: Limits;
  readonly waits: Waits;
  /** Aborts when nothing is waited for any more: what is not committed then is folded again by the next owner. */
  readonly closing: Signal;
  /** What the task does beside other partitions of the process, and what alone. */
  readonly isolation: Isolation & { track(work: Promise<unknown>): void };
  readonly metrics?: PipelineMetrics | undefined;
  /** The partition that a key belongs to. Undefined: not known. */
  readonly partitionOf?: ((key: Uint8Array) => number | undefined) | undefined;
  /** After each commit, with its duration in ms. */
  readonly committed?: (plan: CommitPlan, took: number) => void;
}

export type TaskState = { readonly kind: 'running' } | { readonly kind: 'fenced' } | { readonly kind: 'stopped'; readonly reason: string };

export interface PartitionTask {
  readonly partition: number;
  readonly epoch: number;
  readonly nonce: string;
  /** Everything below was folded. */
  position(): number;
  /** Everything below is committed. */
  committed(): number;
  /** ms */
  clock(): number;
  tracked(): number;
  state(): TaskState;
  readonly counts: Readonly<TaskCounts>;
  /** Attempts of earlier owners that were never finished, when the next batch is isolated for that; otherwise undefined. */
  isolating(): number | undefined;
  /** Reads the tracked recipients: once, before the first record. */
  start(): Promise<void>;
  /** Recipients that were last folded under another policy, and are not folded again yet. */
  outdated(): number;
  /** Folds some of them again, and commits that. Between batches: until then, each is folded again before its next event is. */
  refold(): Promise<void>;
  /**
   * Folds records from `position` on. `nextOffset`: where the log goes on behind them. When something kills the process, one record at a
   * time, until the signal aborts.
   */
  process(records: readonly LogRecord[], nextOffset: number, signal: Signal): Promise<void>;
  /** The log ends at this offset, with nothing more to fold. */
  skipTo(nextOffset: number): Promise<void>;
  /** The present (ms) moves the clock, and what is due happens. */
  advance(present: number): Promise<void>;
  /** Commits what is folded, and waits for it. */
  flush(): Promise<void>;
}

export function createTask(claim: Claim, options: TaskOptions): PartitionTask {
  const { store, codec, policies, time, limits, isolation, metrics } = options;
  const { partition, epoch, nonce } = claim;
  const counts: TaskCounts = { ...NO_COUNTS };
  const retry = createRetry(options);
  const providerOf: ProviderOf = (domain, host) => codec.providerOf(domain, host);
  const deadlines = createDeadlines();
  const breaker = createBreaker(claim.toleratedBelow);
  const incidents = createIncidents(claim.incidents);
  const traffic = createTraffic({ policies, providerOf, stored: claim, metrics });
  const contextOf = createContexts(policies, (tenant) => traffic.askOf(tenant));
  const shadow = createShadowPolicy(policies, (tenant) => traffic.askOf(tenant));
  const outbox = createOutbox({
    partition,
    incarnation: claim.incarnation,
    nextSequence: claim.nextSequence,
    codec,
    contextOf,
    policy: policies.version,
  });
  const recipients = createRecipients({ deadlines, contextOf, publisher: outbox, shadow });
  const fold = createFold({
    ...{ policies, providerOf, contextOf, recipients, deadlines, traffic, incidents, metrics, shadow },
    publisher: outbox,
    clock: claim.clock,
  });
  let position = claim.nextOffset;
  let last: LastRecord | null = null;
  /** Why the task ended by itself, if it did. */
  let ended: TaskState | undefined;

  const guard = createPoisonGuard({ owner: claim, unfinishedAttempts: claim.attempts, store, retry });
  const committer = createCommitter({
    ...{ claim, store, time, limits, waits: options.waits, closing: options.closing, attempts: guard },
    folded: () => ({ position, last, clock: fold.clock(), dirty: recipients.dirty(), characters: outbox.characters() }),
    collect: (stored) => ({
      ...drainRows({ recipients, partition, contextOf, shadow }),
      ...outbox.drain(),
      ...traffic.drain({
        ...{ now: time.monotonic(), present: time.now() },
        moves: position > stored.offset || outbox.nextSequence() > stored.sequence,
      }),
      nextSequence: outbox.nextSequence(),
    }),
    begun: (commit) => {
      isolation.track(commit);
    },
    committed(plan, took) {
      counts.commits += 1;
      options.committed?.(plan, took);
    },
  });
  const underPolicy = createRefoldPolicy({ fold, recipients, load, committer });
  const readBatch = createReadBatch({
    codec,
    deadlines,
    traffic,
    leavesTrace: (...of) => fold.leavesTrace(...of),
    metrics,
    reject,
    note,
    examine,
  });

  // ------------------------------------------------------------------------------------------ records

  function reject(record: LogRecord, reason: string, detail: string): void {
    counts.deadLetters += 1;
    metrics?.deadLetter(reason);
    countFault(reason, record.offset);
    committer.pending.deadLetters.push({ offset: record.offset, key: record.key, value: record.value, reason, detail });
  }

  function countFault(kind: string, lastOffset: number): void {
    const { faults } = committer.pending;
    faults.set(kind, { kind, count: (faults.get(kind)?.count ?? 0) + 1, lastOffset });
  }

  function examine({ key, offset }: LogRecord): void {
    if (key === null || (options.partitionOf?.(key) ?? partition) === partition) return;
    counts.misplaced += 1;
    counts.misplacedAt = time.now();
    countFault(OTHER_PARTITIONER, offset);
  }

  function conclude(event: LogEvent, how: Omit<CommandOutcome, 'tenant' | 'id'>): void {
    if (isCommand(event)) committer.pending.outcomes.push({ tenant: event.tenant, id: event.id, ...how });
  }

  function note({ offset }: LogRecord, readable: boolean): void {
    const reason = breaker.record(offset, readable);
    if (reason !== null) ended ??= { kind: 'stopped', reason };
  }

  function load(needed: ReadonlyMap<RecipientKey, RecipientRef>): Promise<void> {
    return loadRecipients({ store, retry, partition, recipients, shadow }, needed);
  }

  async function processBatch(records: readonly LogRecord[], nextOffset: number, signal: Signal): Promise<void> {
    for (const step of guard.steps({ records, nextOffset, position })) {
      // Between two isolated records, and nowhere else.
      if (step.mode === 'exclusive' && signal.aborted) return;
      await isolation[step.mode](() => processStep(step));
      if (!isRunning()) return;
    }
  }

  async function processStep(step: Step): Promise<void> {
    if (step.isCounted) {
      await committer.idle();
      const attempt = await guard.begin(step);
      if (attempt.kind === 'fenced') ended ??= { kind: 'fenced' };
      else if (attempt.kind === 'give_up') step.records.forEach((record) => giveUp(record, attempt.detail));
      if (!isRunning()) return;
    }
    await processRecords(step.records, step.nextOffset);
    // What was read before the breaker tripped is read again when an operator resumes: it is not committed.
    if (step.flushes && isRunning()) await committer.flush();
  }

  function giveUp(record: LogRecord, detail: string): void {
    reject(record, 'poison', detail);
    position = record.offset + 1;
    last = lastRecordOf(record);
  }

  async function processRecords(records: readonly LogRecord[], nextOffset: number): Promise<void> {
    // Records below the checkpoint were folded before.
    let from = 0;
    while (from < records.length && (records[from] as LogRecord).offset < position) from += 1;
    while (from < records.length) {
      const end = Math.min(from + SLICE, records.length);
      from = await processSlice(records, from, end);
      // Before the commit, so that nothing is overdue at a checkpoint, except between two pages of timers.
      if (isRunning()) await happen(fold.passed());
      if (!isRunning()) return;
      if (from < end) {
        await processIncident(records[from] as LogRecord);
        from += 1;
      }
      if (!isRunning()) return;
      await committer.commitIfDue();
      if (!isRunning()) return;
      await time.yield();
    }
    position = Math.max(position, nextOffset);
    await committer.commitIfDue();
  }

  /** Answers how far it came: up to `end`, or to a record about an incident. */
  async function processSlice(records: readonly LogRecord[], from: number, end: number): Promise<number> {
    const present = time.now();
    const slice = readBatch({ records, from, end, clock: fold.clock(), present });
    counts.peeked += slice.peeked;
    counts.clamped += slice.clamped;
    // The dead letters so far are not committed when the breaker trips: their records are read again when an operator resumes.
    if (!isRunning()) return from;
    if (slice.needed.size > 0) await load(slice.needed);
    for (let i = from; i < slice.to; i += 1) {
      const record = records[i] as LogRecord;
      fold.tick(Math.min(record.recordTime, present));
      const one = slice.eventAt(i);
      if (one !== undefined) {
        const folded = fold.fold(one.event, one.key, record.offset);
        if (folded.kind === 'foreign') {
          reject(record, 'wrong_key', FOREIGN);
          conclude(one.event, { outcome: 'dead_letter', reason: 'wrong_key', detail: FOREIGN, changes: 0 });
        } else if (folded.kind !== 'no_trace') {
          counts.changes += folded.changes;
          if (folded.kind === 'duplicate') counts.duplicates += 1;
          conclude(one.event, outcomeOf(folded));
        }
      }
      position = record.offset + 1;
    }
    const lastOfSlice = records[slice.to - 1];
    if (slice.to > from && lastOfSlice !== undefined) last = lastRecordOf(lastOfSlice);
    counts.records += slice.to - from;
    return slice.to;
  }

  /** A record about an incident is applied in the whole partition before the next record is read. */
  async function processIncident(record: LogRecord): Promise<void> {
    // What was folded so far must be where it is looked for.
    await committer.flush();
    if (!isRunning()) return;
    fold.tick(Math.min(record.recordTime, time.now()));
    const read = codec.decodeIncident(record);
    note(record, read.ok);
    if (!read.ok) {
      reject(record, read.reason, read.detail);
    } else {
      // What the clock has passed happens before the decision does.
      await happen(fold.passed());
      if (!isRunning()) return;
      if (read.kind === 'sender') await announceSender(read.notice);
      else
        await applyIncident(read.notice, {
          ...{ partition, store, retry, time, fold, incidents, load, committer, isFull },
          changed: (changes) => (counts.changes += changes),
        });
    }
    if (!isRunning()) return;
    position = record.offset + 1;
    last = lastRecordOf(record);
    counts.records += 1;
  }

  /**
   * A decision about a sender incident is published by the partition that it names, once: what it has published is committed with the
   * record. It changes no recipient.
   */
  async function announceSender(notice: SenderNotice): Promise<void> {
    const { id, revision, announcedBy } = notice;
    if (announcedBy !== partition) return;
    const published = await retry('what is published of a sender incident', () => store.publishedRevision(id));
    if (published >= revision) return;
    outbox.announcedSender(notice, fold.clock());
    committer.pending.senderIncidents.push({ id, revision });
    counts.changes += 1;
  }

  /** Of recipients or of changes there are enough for a commit. */
  function isFull(): boolean {
    return recipients.dirty() >= limits.rows || outbox.characters() >= MOST_CHARACTERS;
  }

  // ------------------------------------------------------------------------------------------- timers

  /** Timers, with the recipients that they need read first. Answers how many recipients were looked at. */
  async function happen(timers: Generator<readonly RecipientRef[], number>, beforePage?: () => void): Promise<number> {
    const before = outbox.nextSequence();
    for (;;) {
      const step = timers.next();
      if (step.done === true) {
        counts.changes += outbox.nextSequence() - before;
        return step.value;
      }
      beforePage?.();
      await load(new Map(step.value.map((ref) => [recipientKey(ref.tenant, ref.address), ref])));
      if (isFull()) await committer.commitIfDue();
      if (!isRunning()) return 0;
    }
  }

  /** The clock goes on to the present. A replay needs to know of it as soon as anything was decided by it. */
  async function follow(present: number): Promise<void> {
    let noted = false;
    const note = (): void => {
      if (!noted) committer.pending.clockMoves.push({ beforeOffset: position, clock: present });
      noted = true;
    };
    if (fold.tick(present)) note();
    // Before the first commit between two pages of timers: whoever goes on after a crash has that clock, and does not move it again.
    if ((await happen(fold.advance(present), note)) > 0) note();
  }

  // -------------------------------------------------------------------------------------------- state

  function isRunning(): boolean {
    return state().kind === 'running';
  }

  function state(): TaskState {
    return ended ?? committer.state();
  }

  /** An error of the store that waiting cannot mend stops the partition: what is committed is right, and an operator must look. */
  async function orStop(work: () => Promise<void>): Promise<void> {
    if (!isRunning()) return;
    try {
      await work();
    } catch (error) {
      ended ??= { kind: 'stopped', reason: messageOf(error) };
      // A fault of the program kills the process, and what is half folded is not committed. The poison guard finds the record that did it.
      if (!isAdapterError(error)) throw error;
    }
  }

  return {
    partition,
    epoch,
    nonce,
    position: () => position,
    committed: () => committer.committedOffset(),
    clock: () => fold.clock(),
    tracked: () => deadlines.size(),
    state,
    counts,
    isolating: () => guard.isolating(),
    start: () =>
      isolation.shared(async () => {
        await retry('the tracked recipients', async () => {
          // An attempt that failed has noted some already.
          underPolicy.clear();
          for await (const page of store.tracked(partition)) {
            for (const { tenant, address, due, policy, shadowPolicy } of page) {
              const key = recipientKey(tenant, address);
              deadlines.track(key, due);
              if (policy !== policies.version || shadowPolicy !== (shadow?.version ?? null)) underPolicy.add(key);
            }
          }
        });
        await happen(fold.passed());
      }),
    outdated: () => underPolicy.remaining(),
    refold: () =>
      isolation.shared(() =>
        orStop(async () => {
          counts.changes += await underPolicy.step();
        }),
      ),
    process: (records, nextOffset, signal) => orStop(() => processBatch(records, nextOffset, signal)),
    skipTo: (nextOffset) => isolation.shared(() => orStop(() => processRecords([], nextOffset))),
    advance: (present) =>
      isolation.shared(() =>
        orStop(async () => {
          if (present > fold.clock()) await follow(present);
          // Also when the clock stands: what was folded since the last commit waits for nobody.
          await committer.commitIfDue();
        }),
      ),
    flush: () => isolation.shared(() => orStop(() => committer.flush())),
  };
}

const REFUSALS: Readonly<Record<CommandRefusal, string>> = {
  nothing_active: 'nothing of this scope and reason is active',
  needs_force: 'only with force does a complaint or an unsubscribe end earlier',
  too_many_amends: 'complaints, unsubscribes and hard bounces were given an end too often: release them',
  too_many_allowances: 'as many streams as may have allowances have one',
};

function outcomeOf(folded: Extract<Folded, { readonly changes: number }>): Omit<CommandOutcome, 'tenant' | 'id'> {
  const { changes } = folded;
  const refused = folded.kind === 'folded' ? folded.refused : undefined;
  if (refused === undefined) return { outcome: 'applied', reason: null, detail: null, changes };
  return { outcome: 'refused', reason: refused, detail: REFUSALS[refused], changes };
}
