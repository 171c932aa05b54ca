/**
 * Commits what was folded: one transaction in flight, and folding goes on while it runs.
 *
 *   collected ──> plan ──> store.commit ──┬──> committed
 *                    ^                    ├──> fenced              another owner has the partition
 *                    └── again ── unknown ┘    (the checkpoint tells what became of a commit whose answer was lost)
 *
 * Only a database that is away is waited for. What waiting cannot mend stops the partition.
 */
import { StoreError } from '../ports/errors.ts';
import { isTemporary, messageOf, retryDelay } from '../ports/retry.ts';
import type { Waits } from '../ports/retry.ts';
import { isOwnedBy } from '../ports/checkpoint.ts';
import type { LastRecord } from '../ports/checkpoint.ts';
import type { CommitPlan, DeadLetter, KnownIncident } from '../ports/commit-plan.ts';
import type { CommandOutcome, RecordFault } from '../ports/outcomes.ts';
import type { PublishedSenderIncident } from '../ports/sender-incidents.ts';
import type { Claim, RecipientStore } from '../ports/store.ts';
import type { Signal, Time } from '../ports/time.ts';

export interface Limits {
  /** A commit is begun at the latest after so many records ... */
  readonly records: number;
  /** ... so many changed recipients ... */
  readonly rows: number;
  /** ... or so many milliseconds. */
  readonly interval: number;
}

/**
 * So many intervals a clock that moved alone waits for its commit: an idle partition costs a transaction in 5 s. Whoever claims the
 * partition before that moves the clock again by the present.
 */
const CLOCK_ALONE = 25;

export const DEFAULT_LIMITS: Limits = { records: 20_000, rows: 2_000, interval: 200 };

/** Characters of changes and list values after which a commit is begun, too: a list of many scopes is long. */
export const MOST_CHARACTERS = 8 * 1024 * 1024;

/** What a commit carries beside the position and what it collects of the recipients. */
export interface Pending {
  readonly deadLetters: DeadLetter[];
  readonly clockMoves: { readonly beforeOffset: number; readonly clock: number }[];
  readonly incidents: KnownIncident[];
  readonly senderIncidents: PublishedSenderIncident[];
  readonly outcomes: CommandOutcome[];
  /** By kind. */
  readonly faults: Map<string, RecordFault>;
}

/** What the owner of the committer has folded, as it is now. */
export interface Folded {
  readonly position: number;
  /** The last record below the position, as far as it is known. */
  readonly last: LastRecord | null;
  readonly clock: number;
  /** Recipients that were folded since the last commit. */
  readonly dirty: number;
  /** Of the changes and list values since the last commit. */
  readonly characters: number;
}

/** Of the checkpoint, as this owner committed it last. */
export interface Stored {
  readonly offset: number;
  readonly sequence: number;
  readonly clock: number;
}

/** Everything that a plan takes from its owner: from here on the next one is collected. */
export type Collected = Pick<
  CommitPlan,
  | 'recipients'
  | 'untracked'
  | 'erased'
  | 'outbox'
  | 'history'
  | 'announcements'
  | 'baseline'
  | 'incidentCounts'
  | 'senderReplies'
  | 'rollups'
  | 'nextSequence'
>;

export type CommitterState =
  { readonly kind: 'running' } | { readonly kind: 'fenced' } | { readonly kind: 'stopped'; readonly reason: string };

export interface Committer {
  state(): CommitterState;
  /** Everything below this offset is committed. */
  committedOffset(): number;
  readonly pending: Pending;
  /** Starts a commit when one is due. Waits only while one runs and the next one is full. */
  commitIfDue(): Promise<void>;
  /** Commits what is folded, and waits for it. */
  flush(): Promise<void>;
  /** Waits for the commit that is on its way. */
  idle(): Promise<void>;
}

export interface CommitterOptions {
  readonly claim: Claim;
  readonly store: Pick<RecipientStore, 'commit' | 'position'>;
  readonly time: Time;
  readonly limits: Limits;
  readonly waits: Waits;
  /** Ends the waiting for a store that is away. */
  readonly closing: Signal;
  readonly folded: () => Folded;
  /** `stored`: what the plan moves on from. */
  readonly collect: (stored: Stored) => Collected;
  /** The attempts value that a commit writes. `progress`: it ends something that was begun. */
  readonly attempts: {
    readonly owed: () => boolean;
    readonly valueFor: (progress: boolean) => number;
    readonly stored: (value: number) => void;
  };
  /** A commit has begun, which nobody may be waiting for. */
  readonly begun: (ended: Promise<void>) => void;
  /** After each commit, with its duration in ms. */
  readonly committed: (plan: CommitPlan, took: number) => void;
}

export function createCommitter(options: CommitterOptions): Committer {
  const { claim, store, time, limits, waits, closing, attempts } = options;
  const { partition, epoch, nonce } = claim;
  let state: CommitterState = { kind: 'running' };
  let stored: Stored = { offset: claim.nextOffset, sequence: claim.nextSequence, clock: claim.clock };
  let pending = nothingPending();
  /** What lies below is committed, or its commit is on its way. */
  let begunOffset = claim.nextOffset;
  let inFlight: Promise<void> | undefined;
  let lastBegunAt = time.monotonic();

  function makesProgress(position: number): boolean {
    return position > stored.offset || pending.incidents.length > 0 || attempts.owed();
  }

  function hasWork(now: Folded): boolean {
    return hasMoreThanClock(now) || now.clock > stored.clock;
  }

  function hasMoreThanClock({ position, dirty }: Folded): boolean {
    return makesProgress(position) || dirty > 0 || pending.deadLetters.length > 0 || pending.clockMoves.length > 0;
  }

  function isFull({ position, dirty, characters }: Folded): boolean {
    return position - begunOffset >= limits.records || dirty >= limits.rows || characters >= MOST_CHARACTERS;
  }

  /** Milliseconds from one commit to the next. */
  function interval(now: Folded): number {
    if (now.dirty > 0) return 0;
    return hasMoreThanClock(now) ? limits.interval : CLOCK_ALONE * limits.interval;
  }

  function begin({ position, last, clock }: Folded): void {
    const { nextSequence, ...collected } = options.collect(stored);
    const plan: CommitPlan = {
      partition,
      epoch,
      nonce,
      fromOffset: stored.offset,
      nextOffset: position,
      clock,
      fromSequence: stored.sequence,
      nextSequence,
      last,
      attempts: attempts.valueFor(makesProgress(position)),
      ...collected,
      ...pending,
      faults: [...pending.faults.values()],
    };
    pending = nothingPending();
    begunOffset = position;
    lastBegunAt = time.monotonic();
    inFlight = commit(plan).finally(() => (inFlight = undefined));
    options.begun(inFlight);
  }

  async function commit(plan: CommitPlan): Promise<void> {
    const began = time.monotonic();
    const result = await commitUntilKnown(plan);
    if (result !== 'committed') {
      state = result === 'fenced' ? { kind: 'fenced' } : { kind: 'stopped', reason: result.reason };
      return;
    }
    stored = { offset: plan.nextOffset, sequence: plan.nextSequence, clock: plan.clock };
    attempts.stored(plan.attempts);
    options.committed(plan, time.monotonic() - began);
  }

  /** Tries again while the store is away; of a commit whose answer was lost, the checkpoint tells what became of it. */
  async function commitUntilKnown(plan: CommitPlan): Promise<'committed' | 'fenced' | { readonly reason: string }> {
    let unknown = false;
    const wait = waits.begin('the commit');
    try {
      for (let attempt = 0; ; attempt += 1) {
        try {
          if (unknown) {
            const fate = await fateOf(plan);
            if (fate !== 'again') return fate;
            unknown = false;
          }
          const result = await store.commit(plan);
          // A commit whose answer was lost may land only after it was asked for: then the repetition finds its own work done.
          return result === 'fenced' && attempt > 0 && (await fateOf(plan)) === 'committed' ? 'committed' : result;
        } catch (error) {
          if (!isTemporary(error) || closing.aborted) return { reason: `commit failed: ${messageOf(error)}` };
          unknown ||= error instanceof StoreError && error.kind === 'outcome_unknown';
          wait.failed(attempt, messageOf(error));
          await time.sleep(retryDelay(attempt, time), closing);
          if (closing.aborted) return { reason: `commit failed: ${messageOf(error)}` };
        }
      }
    } finally {
      wait.ended();
    }
  }

  /** When the offset stayed where it was (only timers fired), the sequence decides. If that is unchanged too, the same rows are written again. */
  async function fateOf(plan: CommitPlan): Promise<'committed' | 'fenced' | 'again'> {
    const now = await store.position(partition);
    if (now === null || !isOwnedBy(now, claim)) return 'fenced';
    if (plan.nextOffset === plan.fromOffset)
      return now.nextSequence === plan.nextSequence && plan.nextSequence !== plan.fromSequence ? 'committed' : 'again';
    return now.nextOffset === plan.nextOffset ? 'committed' : 'again';
  }

  async function idle(): Promise<void> {
    while (inFlight !== undefined) await inFlight;
  }

  return {
    state: () => state,
    committedOffset: () => stored.offset,
    get pending() {
      return pending;
    },
    idle,
    async commitIfDue() {
      const full = isFull(options.folded());
      if (inFlight !== undefined) {
        if (!full) return;
        await inFlight;
      }
      const now = options.folded();
      if (state.kind !== 'running' || !hasWork(now)) return;
      if (!full && time.monotonic() - lastBegunAt < interval(now)) return;
      begin(now);
    },
    async flush() {
      await idle();
      const now = options.folded();
      if (state.kind !== 'running' || !hasWork(now)) return;
      begin(now);
      await idle();
    },
  };
}

function nothingPending(): Pending {
  return { deadLetters: [], clockMoves: [], incidents: [], senderIncidents: [], outcomes: [], faults: new Map() };
}
