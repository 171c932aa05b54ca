/**
 * Retries, by the remedy that an error names. Only an `unavailable` server is waited for, without a limit: with growing delays, a log line
 * from the fifth attempt on, and a count that readiness and metrics show. Any other error is thrown, because waiting cannot fix it.
 * When the engine closes, nothing is waited for any more: the server is closed with it.
 */
import { isAdapterError, StoreError } from './errors.ts';
import type { Logger, Signal, Time } from './time.ts';

/**
 * The same call may succeed later: nothing was changed (`unavailable`), or nobody knows (`outcome_unknown`). Every call that is retried here
 * can be made twice unharmed; a commit, which cannot, asks the checkpoint first (partition/committer).
 */
export function isTemporary(error: unknown): boolean {
  return isAdapterError(error) && (error.kind === 'unavailable' || error.kind === 'outcome_unknown');
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const FIRST_DELAY = 50;
const LONGEST_DELAY = 5_000;

/**
 * Milliseconds before the next attempt: 50, doubled up to 5,000, with jitter between 50% and 100%, so that many clients of one server do
 * not return together. The jitter is derived from this process's monotonic clock, because the pipeline uses no random numbers.
 */
export function retryDelay(attempt: number, time: Pick<Time, 'monotonic'>): number {
  const delay = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** Math.min(attempt, 10));
  const jitter = Math.imul(Math.floor(time.monotonic() * 1_000) ^ (attempt + 1), 0x9e3779b1) >>> 0;
  return Math.round(delay * (0.5 + jitter / 2 ** 33));
}

/** Attempt (from 0) from which failures are logged. */
const LOG_FROM = 4;
/** Milliseconds between two log lines about the same wait. */
const LOG_EVERY = 30_000;

/** One operation that is retried. */
export interface Wait {
  /** This attempt (from 0) failed; another one follows. */
  failed(attempt: number, problem: string): void;
  /** The operation succeeded or was given up. */
  ended(): void;
}

/** All operations of a process that are being retried. */
export interface Waits {
  begin(what: string): Wait;
  /** Failed attempts that were retried, since the start. */
  retries(): number;
  /** One sentence for each operation that has failed five times and still waits. While there is any, the process is not ready. */
  problems(): readonly string[];
}

export function createWaits(logger: Pick<Logger, 'warn' | 'info'>, time: Pick<Time, 'monotonic'>): Waits {
  const waiting = new Map<Wait, string>();
  let retries = 0;
  return {
    begin(what) {
      let loggedAt = Number.NEGATIVE_INFINITY;
      const wait: Wait = {
        failed(attempt, problem) {
          retries += 1;
          if (attempt < LOG_FROM) return;
          waiting.set(wait, `${what} waits: ${problem}`);
          if (time.monotonic() - loggedAt < LOG_EVERY) return;
          loggedAt = time.monotonic();
          logger.warn({ waiting: what, attempt: attempt + 1, problem }, 'waiting for the database or the log');
        },
        ended() {
          if (waiting.delete(wait)) logger.info({ waiting: what }, 'going on');
        },
      };
      return wait;
    },
    retries: () => retries,
    problems: () => [...new Set(waiting.values())],
  };
}

export type Retry = <T>(what: string, work: () => Promise<T>) => Promise<T>;

export interface RetryOptions {
  readonly time: Time;
  readonly waits: Pick<Waits, 'begin'>;
  /** Ends all waiting. */
  readonly closing: Signal;
}

/**
 * Repeats a call of a store or log while it is unavailable. @throws StoreError, LogError when waiting cannot fix it; what the last attempt
 * threw, or `unavailable` without one, when `closing` aborts.
 */
export function createRetry({ time, waits, closing }: RetryOptions): Retry {
  return async (what, work) => {
    if (closing.aborted) throw new StoreError('unavailable', `${what}: the engine is closed`);
    const wait = waits.begin(what);
    try {
      for (let attempt = 0; ; attempt += 1) {
        try {
          return await work();
        } catch (error) {
          if (!isTemporary(error))
            throw isAdapterError(error) ? error : new StoreError('refused', `${what}: ${messageOf(error)}`, { cause: error });
          if (closing.aborted) throw error;
          wait.failed(attempt, messageOf(error));
          await time.sleep(retryDelay(attempt, time), closing);
          if (closing.aborted) throw error;
        }
      }
    } finally {
      wait.ended();
    }
  };
}
