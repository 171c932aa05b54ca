import type { Appended } from '@desist/pipeline';

import { countForCall, type Outgoing } from './batching.ts';

/** Where one call put its records: the offset of the first one, by partition. */
export type BaseOffsets = ReadonlyMap<number, number>;

export interface SendQueue {
  /** Resolves when all are stored. On rejection some may be, and none that was not yet sent will be. */
  append(records: readonly Outgoing[]): Promise<readonly Appended[]>;
  /** Resolves when nothing is under way any more. */
  idle(): Promise<void>;
}

interface Job {
  readonly positions: Appended[];
  left: number;
  failed: boolean;
  resolve(positions: readonly Appended[]): void;
  reject(error: unknown): void;
}

interface Entry {
  readonly record: Outgoing;
  readonly job: Job;
  readonly index: number;
}

/**
 * One topic's way out: one send at a time, in order. Appends that come while a send is under way share the next one.
 * `isLasting` says of an error that the same records would fail again: then the appends of that call go one by one, so that
 * one bad record does not reject those of others.
 */
export function createSendQueue(
  send: (records: readonly Outgoing[]) => Promise<BaseOffsets>,
  isLasting: (error: unknown) => boolean,
): SendQueue {
  let queue: Entry[] = [];
  let running: Promise<void> | null = null;
  let isolatedJobs = 0;

  function append(records: readonly Outgoing[]): Promise<readonly Appended[]> {
    if (records.length === 0) return Promise.resolve([]);
    return new Promise((resolve, reject) => {
      const job: Job = { positions: new Array<Appended>(records.length), left: records.length, failed: false, resolve, reject };
      records.forEach((record, index) => queue.push({ record, job, index }));
      running ??= run().finally(() => {
        running = null;
      });
    });
  }

  async function run(): Promise<void> {
    // The appends of this turn of the event loop go together.
    await Promise.resolve();
    while (queue.length > 0) {
      const entries = next();
      try {
        settle(entries, await send(entries.map(({ record }) => record)));
      } catch (error) {
        fail(entries, error);
      }
    }
  }

  function next(): Entry[] {
    let candidates: readonly Entry[] = queue;
    if (isolatedJobs > 0) {
      const first = queue[0]?.job;
      const end = queue.findIndex(({ job }) => job !== first);
      if (end !== -1) candidates = queue.slice(0, end);
    }
    const entries = queue.slice(0, countForCall(candidates.map(({ record }) => record)));
    queue = queue.slice(entries.length);
    return entries;
  }

  function settle(entries: readonly Entry[], bases: BaseOffsets): void {
    const used = new Map<number, number>();
    for (const { record, job, index } of entries) {
      const before = used.get(record.partition) ?? 0;
      used.set(record.partition, before + 1);
      job.positions[index] = { partition: record.partition, offset: (bases.get(record.partition) ?? NaN) + before };
      job.left -= 1;
      if (job.left === 0) {
        if (isolatedJobs > 0) isolatedJobs -= 1;
        job.resolve(job.positions);
      }
    }
  }

  function fail(entries: readonly Entry[], error: unknown): void {
    const jobs = new Set(entries.map(({ job }) => job));
    if (jobs.size > 1 && isLasting(error)) {
      queue = [...entries, ...queue];
      isolatedJobs = jobs.size;
      return;
    }
    // The rest of these appends may not follow: their caller appends all of it again.
    queue = queue.filter(({ job }) => !jobs.has(job));
    for (const job of jobs) {
      if (isolatedJobs > 0) isolatedJobs -= 1;
      job.reject(error);
    }
  }

  return { append, idle: () => running ?? Promise.resolve() };
}
