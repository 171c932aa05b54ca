import { LogError } from '@desist/pipeline';
import type { LogConsumer, Logger, Signal, Time } from '@desist/pipeline';
import type { Tables } from './tables.ts';
import type { Wakeups } from './wakeups.ts';

export interface ReaderOptions {
  readonly tables: Tables;
  readonly wakeups: Wakeups;
  readonly time: Time;
  readonly logger: Logger;
  /** Poll interval of a partition that is read to its end, ms; of one that has been quiet for long, one second at least. */
  readonly pollInterval: number;
  /** Retry interval of a stopped partition, ms. */
  readonly stoppedRetry: number;
  /** Resolves to true when it is confirmed that this process still owns the partition, to false when it does not. */
  readonly sure: (partition: number, signal: Signal) => Promise<boolean>;
}

/** Interval at which an idle partition reports that it is caught up, ms. The report advances its clock. */
const IDLE_SIGN = 1_000;
/** After so many looks that found nothing, a partition looks less often, ms: what other processes append waits so long at most. */
const QUIET_LOOKS = 25;
const QUIET_POLL = 1_000;
const FIRST_WAIT = 100;
const LONGEST_WAIT = 5_000;

/**
 * Feeds one partition to the consumer until the signal aborts. Rejects when the journal is misconfigured or the consumer fails.
 *
 *   assign ──start──> reading ──fenced──> (ownership confirmed) ──> assign
 *      └──stopped──> wait <──stopped── ┘
 */
export async function drivePartition(partition: number, consumer: LogConsumer, gone: Signal, options: ReaderOptions): Promise<void> {
  const { time, logger } = options;
  while (!gone.aborted) {
    const assigned = await consumer.assign(partition);
    if (gone.aborted) {
      // The revoke for this abort may have run before `assign` finished, so revoke again.
      await consumer.revoke([partition]);
      return;
    }
    if (assigned.kind === 'start') {
      const end = await readFrom({ partition, offset: assigned.offset }, consumer, gone, options);
      if (end.kind === 'over') return;
      if (end.kind === 'fenced') {
        if (!(await options.sure(partition, gone))) return;
        continue;
      }
      logger.warn({ partition, reason: end.reason }, 'a partition stands still');
    }
    await time.sleep(options.stoppedRetry, gone);
  }
}

type End = { readonly kind: 'over' } | { readonly kind: 'fenced' } | { readonly kind: 'stopped'; readonly reason: string };

interface Start {
  readonly partition: number;
  readonly offset: number;
}

async function readFrom({ partition, offset }: Start, consumer: LogConsumer, gone: Signal, options: ReaderOptions): Promise<End> {
  const { tables, wakeups, time, logger, pollInterval } = options;
  let position = offset;
  let wait = FIRST_WAIT;
  /** The high watermark at time `asOf`, kept until it is reached. Under load the current end is never reached. */
  let mark: { readonly asOf: number; readonly high: number } | null = null;
  let saidAt = Number.NEGATIVE_INFINITY;
  let saidPosition = -1;

  /** Reports to the consumer that the mark is reached. Returns 'fenced' if another process owns the partition. */
  const reach = (): 'fenced' | undefined => {
    if (mark === null || position < mark.high) return undefined;
    const { asOf } = mark;
    mark = null;
    const now = time.monotonic();
    if (position === saidPosition && now - saidAt < IDLE_SIGN) return undefined;
    saidAt = now;
    saidPosition = position;
    return consumer.caughtUp(partition, position, asOf);
  };

  /** Looks in a row that found nothing. */
  let quiet = 0;
  /** All partitions look at the same moments, so that one question answers for all of them. */
  const untilNextPoll = (): number => {
    const interval = quiet < QUIET_LOOKS ? pollInterval : Math.max(pollInterval, QUIET_POLL);
    return interval - (time.monotonic() % interval);
  };

  while (!gone.aborted) {
    const grown = wakeups.count(partition);
    const asOf = time.now();
    let page;
    let high;
    try {
      const bounds = (await tables.allBounds('deliveryEvents')).get(partition) ?? { low: 0, high: 0 };
      high = bounds.high;
      if (high < position) return { kind: 'stopped', reason: `the journal ends at ${high}, before the position ${position}` };
      page = position < high ? await tables.page('deliveryEvents', partition, position, high) : [];
      if (page.length === 0 && bounds.low > position) {
        return { kind: 'stopped', reason: `records ${position} to ${bounds.low - 1} were deleted before they were read` };
      }
      wait = FIRST_WAIT;
    } catch (error) {
      if (error instanceof LogError && error.kind === 'misconfigured') throw error;
      logger.warn({ partition, problem: String(error), wait }, 'the journal can not be read: waiting');
      await time.sleep(wait, gone);
      wait = Math.min(wait * 2, LONGEST_WAIT);
      continue;
    }
    if (gone.aborted) break;
    mark ??= { asOf, high };
    const first = page[0];
    const last = page.at(-1);
    if (first === undefined || last === undefined) {
      if (reach() === 'fenced') return { kind: 'fenced' };
      quiet += 1;
      await wakeups.wait(partition, grown, untilNextPoll(), gone);
      continue;
    }
    quiet = 0;
    const nextOffset = last.offset + 1;
    const outcome = await consumer.batch({ partition, firstOffset: first.offset, nextOffset, highWatermark: high, records: page });
    if (gone.aborted) break;
    switch (outcome.kind) {
      case 'processed':
        position = nextOffset;
        if (reach() === 'fenced') return { kind: 'fenced' };
        break;
      case 'seek':
        position = outcome.offset;
        mark = null;
        break;
      case 'fenced':
      case 'stopped':
        return outcome;
      default:
        outcome satisfies never;
    }
  }
  return { kind: 'over' };
}
