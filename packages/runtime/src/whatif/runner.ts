/**
 * Runs what-ifs that were asked for, one at a time, beside the engine.
 *
 *   claim ──> page of the log ──> thread ──> pause for as long as that took ──> … ──> summary
 *
 * It works half of the time at most, as exports do. A job that was running when its process ended is taken over, and begins at the start of
 * the log: it comes to the same.
 */
import { writePolicy } from '@desist/contracts';
import type { WhatIfSummary } from '@desist/contracts';
import type { PolicySet } from '@desist/domain';
import type { Logger, LogRecord, NewAuditEntry, Signal, Time, WhatIfEnd, WhatIfJob, WhatIfStore } from '@desist/pipeline';
import type { EventLog } from '../event-log.ts';
import { createFoldThread, WhatIfFailure } from './thread.ts';

/** Records that are folded in one go. */
const PAGE = 500;
/** Longest pause between two pages, ms. */
const LONGEST_PAUSE = 500;
/** ms between two notes of the progress. */
const NOTED_EVERY = 1_000;
/** ms between two looks for a job that another process took in. */
const LOOKS_EVERY = 15_000;

export interface WhatIfRunner {
  /** There is a new job. */
  wake(): void;
  run(signal: Signal): Promise<void>;
}

export interface WhatIfRunnerOptions {
  readonly store: WhatIfStore;
  readonly log: EventLog;
  /** Those in force at the moment: a job compares with the ones that it began with. */
  readonly policies: () => PolicySet;
  readonly owner: string;
  readonly time: Time;
  readonly logger: Logger;
}

/** The job belongs to nobody here any more. */
const LOST = Symbol('lost');

export function createWhatIfRunner({ store, log, policies, owner, time, logger }: WhatIfRunnerOptions): WhatIfRunner {
  let asleep = new AbortController();

  async function fold(job: WhatIfJob, signal: Signal): Promise<WhatIfSummary | typeof LOST> {
    const { tenant, policy, since, id } = job;
    const thread = createFoldThread({ against: writePolicy(policies()), policy, tenant, since });
    try {
      await thread.ready();
      const bounds = await log.bounds();
      const total = [...bounds.values()].reduce((sum, { low, high }) => sum + high - low, 0);
      let done = 0;
      let notedAt = Number.NEGATIVE_INFINITY;
      const isMine = async (): Promise<boolean> => {
        if (signal.aborted) return false;
        if (time.monotonic() - notedAt < NOTED_EVERY) return true;
        notedAt = time.monotonic();
        return store.progress(id, owner, time.now(), { done: Math.min(done, total), total });
      };
      for (const [partition, { low, high }] of bounds) {
        let began = time.monotonic();
        for await (const records of pagesOf(high > low ? log.read(partition, signal) : [])) {
          if (!(await isMine())) return LOST;
          await thread.ask({ kind: 'page', records });
          done += records.length;
          await time.sleep(Math.min(time.monotonic() - began, LONGEST_PAUSE), signal);
          began = time.monotonic();
        }
        if (!(await isMine())) return LOST;
        await thread.ask({ kind: 'partition' });
      }
      // What is done by now is said whenever that was noted last: nothing more follows.
      notedAt = Number.NEGATIVE_INFINITY;
      if (!(await isMine())) return LOST;
      const answer = await thread.ask({ kind: 'end' });
      if (answer.kind !== 'summary') throw new Error('the thread of a what-if answered without a summary');
      return answer.summary;
    } finally {
      await thread.end();
    }
  }

  async function work(job: WhatIfJob, signal: Signal): Promise<void> {
    let end: WhatIfEnd;
    try {
      const summary = await fold(job, signal);
      if (summary === LOST) return;
      end = { result: JSON.stringify(summary) };
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof WhatIfFailure)) throw error;
      end = { problem: error.message };
    }
    const at = time.now();
    await store.end({ id: job.id, owner }, at, end, entryFor(job, at, 'problem' in end));
  }

  return {
    wake: () => asleep.abort(),
    async run(signal) {
      while (!signal.aborted) {
        asleep = new AbortController();
        let job: WhatIfJob | null = null;
        try {
          job = await store.claim(owner, time.now());
          if (job !== null) await work(job, signal);
        } catch (error) {
          // The job stays claimed: it is taken over when its owner was silent for long enough.
          logger.warn({ problem: String(error), whatif: job?.id }, 'a what-if could not be run: it is tried again');
          job = null;
        }
        if (job === null) await time.sleep(LOOKS_EVERY, AbortSignal.any([signal as AbortSignal, asleep.signal]));
      }
    },
  };
}

async function* pagesOf(records: AsyncIterable<LogRecord> | Iterable<LogRecord>): AsyncGenerator<readonly LogRecord[]> {
  let page: LogRecord[] = [];
  for await (const { offset, key, value, recordTime } of records) {
    page.push({ offset, key, value, recordTime });
    if (page.length < PAGE) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}

function entryFor({ id, tenant, keyName, by }: WhatIfJob, at: number, failed: boolean): NewAuditEntry {
  return {
    ...{ at, action: 'whatif_finished', tenant, outcome: failed ? 'refused' : 'done', keyId: null, keyName, keyOfTenant: false },
    ...{ by, from: null, address: null, target: id, note: null, detail: {} },
  };
}
