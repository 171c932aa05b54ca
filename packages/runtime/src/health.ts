/** Readiness of this process, from the phases of its start and a probe of the database. */
import { isAdapterError } from '@desist/pipeline';
import type { Logger, Time } from '@desist/pipeline';
import { ping } from '@desist/store-postgres';
import type { Database } from '@desist/store-postgres';

export interface Health {
  ready(): { readonly ok: boolean; readonly problems: readonly string[] };
  /** Repeats `work`, with back-off, until it succeeds; false when the signal aborts. Rejects with errors that waiting cannot fix. */
  until(phase: string, work: () => Promise<void>, signal: AbortSignal): Promise<boolean>;
  /** Stores the input's number of partitions. */
  bound(partitions: number): void;
  partitions(): number | undefined;
  running(): void;
  problem(text: string): void;
  close(): Promise<void>;
}

const PROBE_EVERY = 2_000;
const LOG_EVERY = 30_000;

export interface HealthOptions {
  readonly db: Database;
  /** Why the log is unavailable; null: it is available. */
  readonly logProblem: () => string | null;
  /** What this process's engine is waiting for, and which partitions are stopped. */
  readonly engineProblems?: () => readonly string[];
  /** What is wrong with the input although this process is ready. */
  readonly warnings?: () => readonly string[];
  readonly logger: Logger;
  readonly time: Time;
}

export function createHealth({ db, logProblem, engineProblems, warnings, logger, time }: HealthOptions): Health {
  let phase: string | null = 'starting';
  let database: string | null = null;
  let partitions: number | undefined;
  let probing: Promise<void> = Promise.resolve();

  async function probe(): Promise<void> {
    const before = database;
    try {
      await ping(db);
      database = null;
    } catch (error) {
      database = messageOf(error);
    }
    if (before === null && database !== null) logger.warn({ problem: database }, 'the database is unavailable: waiting for it');
    if (before !== null && database === null) logger.info({}, 'the database is available again');
  }
  let isProbing = false;
  const timer = setInterval(() => {
    if (isProbing) return;
    isProbing = true;
    probing = probe().finally(() => (isProbing = false));
  }, PROBE_EVERY);
  timer.unref();

  return {
    ready() {
      const problems = [phase, database, logProblem(), ...(engineProblems?.() ?? [])].filter((one) => one !== null);
      return { ok: problems.length === 0, problems: [...problems, ...(warnings?.() ?? [])] };
    },
    async until(what, work, signal) {
      phase = what;
      let loggedAt = Number.NEGATIVE_INFINITY;
      for (let attempt = 0; !signal.aborted; attempt += 1) {
        try {
          await work();
          return true;
        } catch (error) {
          if (!isAdapterError(error) || error.kind === 'incompatible' || error.kind === 'refused') throw error;
          phase = `${what}: ${error.message}`;
          if (time.monotonic() - loggedAt > LOG_EVERY) {
            loggedAt = time.monotonic();
            logger.error({ problem: error.message, kind: error.kind }, what);
          }
          await time.sleep(Math.min(5_000, 200 * 2 ** Math.min(attempt, 6)), signal);
        }
      }
      return false;
    },
    bound: (count) => void (partitions = count),
    partitions: () => partitions,
    running: () => void (phase = null),
    problem: (text) => void (phase = text),
    async close() {
      clearInterval(timer);
      await probing;
    },
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
