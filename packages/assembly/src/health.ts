/** Is this process of use at the moment? Fed by its phases and by a probe of the database. */
import { LogError, StoreError } from '@desist/pipeline';
import type { Logger, Time } from '@desist/pipeline';
import type { Database } from '@desist/store-postgres';

export interface Health {
  ready(): { readonly ok: boolean; readonly problems: readonly string[] };
  /** Repeats `work`, with back-off, until it succeeds; false when the signal aborts. Rejects for what waiting does not mend. */
  until(phase: string, work: () => Promise<void>, signal: AbortSignal): Promise<boolean>;
  /** The input's number of partitions is known. */
  bound(partitions: number): void;
  partitions(): number | undefined;
  running(): void;
  problem(text: string): void;
  close(): Promise<void>;
}

const PROBE_EVERY = 2_000;
const LOUD_EVERY = 30_000;

export interface HealthOptions {
  readonly db: Database;
  /** Why the log can not be reached, or null. */
  readonly logProblem: () => string | null;
  readonly logger: Logger;
  readonly time: Time;
}

export function createHealth({ db, logProblem, logger, time }: HealthOptions): Health {
  let phase: string | null = 'starting';
  let database: string | null = null;
  let partitions: number | undefined;
  let probing: Promise<void> = Promise.resolve();

  async function probe(): Promise<void> {
    const before = database;
    try {
      await db.query('select 1');
      database = null;
    } catch (error) {
      database = messageOf(error);
    }
    if (before === null && database !== null) logger.warn({ problem: database }, 'the database is away: waiting for it');
    if (before !== null && database === null) logger.info({}, 'the database is back');
  }
  let asked = false;
  const timer = setInterval(() => {
    if (asked) return;
    asked = true;
    probing = probe().finally(() => (asked = false));
  }, PROBE_EVERY);
  timer.unref();

  return {
    ready() {
      const problems = [phase, database, logProblem()].filter((one) => one !== null);
      return { ok: problems.length === 0, problems };
    },
    async until(what, work, signal) {
      phase = what;
      let saidAt = Number.NEGATIVE_INFINITY;
      for (let attempt = 0; !signal.aborted; attempt += 1) {
        try {
          await work();
          return true;
        } catch (error) {
          if (!(error instanceof LogError) && !(error instanceof StoreError)) throw error;
          if (error instanceof StoreError && error.kind === 'incompatible') throw error;
          phase = `${what}: ${error.message}`;
          if (time.monotonic() - saidAt > LOUD_EVERY) {
            saidAt = time.monotonic();
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
