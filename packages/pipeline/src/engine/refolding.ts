/**
 * After another policy: the recipients of all partitions of this process are folded again, one page of one partition at a time, in turn with
 * the batches. So events wait for one page at most, and one page is in memory, however many partitions there are.
 */
import type { PartitionTask } from '../partition/task.ts';
import type { Logger, Time } from '../ports/time.ts';

/** One partition of this process. */
export interface Refolded {
  readonly task: Pick<PartitionTask, 'partition' | 'outdated'>;
}

export interface RefoldingOptions<P extends Refolded> {
  /** The partitions that this process folds now. */
  readonly partitions: () => readonly P[];
  /** One page of this partition, in turn with its batches. */
  readonly step: (one: P) => Promise<void>;
  readonly time: Pick<Time, 'monotonic' | 'yield'>;
  readonly logger: Pick<Logger, 'info'>;
}

export interface Refolding<P extends Refolded> {
  /** This partition was claimed. */
  begin(one: P): void;
}

/** ms between two log lines about the progress. */
const SAY_EVERY = 10_000;

export function createRefolding<P extends Refolded>({ partitions, step, time, logger }: RefoldingOptions<P>): Refolding<P> {
  let running = false;

  async function run(): Promise<void> {
    const began = time.monotonic();
    let saidAt = began;
    for (;;) {
      const left = partitions().filter(({ task }) => task.outdated() > 0);
      if (left.length === 0) break;
      for (const one of left) {
        await step(one);
        await time.yield();
      }
      const now = time.monotonic();
      if (now - saidAt < SAY_EVERY) continue;
      saidAt = now;
      const remaining = left.reduce((sum, { task }) => sum + task.outdated(), 0);
      logger.info({ remaining, partitions: left.length }, 'recipients are folded again under the new policy');
    }
    // Partitions that were given up are folded again by others.
    if (partitions().length === 0) return;
    logger.info({ ms: Math.round(time.monotonic() - began) }, 'no recipient is left to be folded again');
  }

  return {
    begin(one) {
      const recipients = one.task.outdated();
      if (recipients === 0) return;
      const { partition } = one.task;
      logger.info({ partition, recipients }, 'the policy was changed: recipients are folded again, new events meanwhile');
      if (running) return;
      running = true;
      void run().finally(() => (running = false));
    },
  };
}
