/**
 * Isolates a record that kills the process, so that it is given up and nothing else is.
 *
 *   as usual ── two attempts of earlier owners were never finished ──> isolated ── every record of the batch was processed ──> as usual
 *
 * As usual, the first batch after a claim is counted as an attempt before it is processed; the commit that makes progress sets the count
 * back. Isolated, each record is counted before and committed after, while nothing else of the process works: a crash can then be attributed
 * to the only work that was running. A record that was begun so four times and never finished becomes a dead letter.
 *
 * It says in which steps a batch is processed, and what an attempt counts; the task takes the steps.
 */
import type { Ownership } from '../ports/checkpoint.ts';
import type { LogRecord } from '../ports/log.ts';
import type { Retry } from '../ports/retry.ts';
import type { RecipientStore } from '../ports/store.ts';

/** What else the process does: beside it, or not while this work runs. */
export interface Isolation {
  shared<T>(work: () => Promise<T>): Promise<T>;
  exclusive<T>(work: () => Promise<T>): Promise<T>;
}

/** Records that are processed in one go. */
export interface Step {
  readonly records: readonly LogRecord[];
  /** Where the log goes on behind them. */
  readonly nextOffset: number;
  readonly mode: keyof Isolation;
  /** It is counted as an attempt before it is processed, in its mode: a crash of what is isolated elsewhere is not counted here. */
  readonly isCounted: boolean;
  /** It is committed before the next one begins. */
  readonly flushes: boolean;
}

export interface PoisonGuard {
  /** The steps of a batch; what is below `position` was processed before. Whoever takes all of them has processed the batch. */
  steps(batch: { readonly records: readonly LogRecord[]; readonly nextOffset: number; readonly position: number }): Generator<Step, void>;
  /**
   * Counts an attempt, while no commit is on its way: it would carry the count as it was. `give_up`: this record was begun too often and is not
   * processed again; `detail` says so. `fenced`: another owner has the partition.
   */
  begin(step: Step): Promise<{ readonly kind: 'begun' | 'fenced' } | { readonly kind: 'give_up'; readonly detail: string }>;
  /** The attempts value of the next commit. `progress`: it ends something that was counted. */
  valueFor(progress: boolean): number;
  /** A commit has written this value. */
  stored(value: number): void;
  /** The count must go back to 0 although nothing new was processed. */
  owed(): boolean;
  /** Attempts that earlier owners did not finish, if records are isolated for that; otherwise undefined. */
  isolating(): number | undefined;
}

export interface PoisonGuardOptions {
  readonly owner: Ownership;
  /** Attempts that earlier owners did not finish. */
  readonly unfinishedAttempts: number;
  readonly store: Pick<RecipientStore, 'beginAttempt'>;
  readonly retry: Retry;
}

/** Attempts that were never finished before records are isolated. */
export const ISOLATE_AFTER = 2;
/** How often one record is begun in isolation before it is given up. */
const GIVE_UP_AFTER = 4;
const NEVER_FINISHED = `it was begun ${GIVE_UP_AFTER} times in isolation, and never finished: the process died, or could not commit`;

export function createPoisonGuard({ owner, unfinishedAttempts, store, retry }: PoisonGuardOptions): PoisonGuard {
  /** As the store has it: a commit that makes no progress leaves it alone. */
  let count = unfinishedAttempts;
  /** Checked by the first batch that is processed to its end. */
  let unfinished: number | undefined = unfinishedAttempts;
  /** What a commit that makes progress writes: a crash while isolated begins isolated again, at the record that did it. */
  let afterProgress = 0;
  let owed = false;

  const isolating = (): number | undefined => (unfinished !== undefined && unfinished >= ISOLATE_AFTER ? unfinished : undefined);

  function* isolated(records: readonly LogRecord[], position: number): Generator<Step, void> {
    afterProgress = ISOLATE_AFTER;
    for (const record of records) {
      if (record.offset < position) continue;
      yield { records: [record], nextOffset: record.offset + 1, mode: 'exclusive', isCounted: true, flushes: true };
    }
    afterProgress = 0;
    owed = true;
  }

  return {
    isolating,
    *steps({ records, nextOffset, position }) {
      if (isolating() === undefined) {
        yield { records, nextOffset, mode: 'shared', isCounted: unfinished !== undefined, flushes: false };
      } else {
        yield* isolated(records, position);
        yield { records: [], nextOffset, mode: 'shared', isCounted: false, flushes: true };
      }
      unfinished = undefined;
    },
    async begin({ mode }) {
      const begun = await retry('counting an attempt', () => store.beginAttempt(owner));
      if (begun === null) return { kind: 'fenced' };
      count = begun;
      return mode === 'exclusive' && count > ISOLATE_AFTER + GIVE_UP_AFTER
        ? { kind: 'give_up', detail: NEVER_FINISHED }
        : { kind: 'begun' };
    },
    valueFor(progress) {
      if (!progress) return count;
      owed = false;
      return afterProgress;
    },
    stored: (value) => void (count = value),
    owed: () => owed,
  };
}
