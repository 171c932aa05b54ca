import { LogError } from '@desist/pipeline';
import type { LogConsumer, Logger, Signal, Time } from '@desist/pipeline';
import type { Tables } from './tables.ts';
import type { Wakeups } from './wakeups.ts';

export interface ReaderOptions {
  readonly tables: Tables;
  readonly wakeups: Wakeups;
  readonly time: Time;
  readonly logger: Logger;
  /** ms: how often an idle partition is looked at. */
  readonly pollInterval: number;
  /** ms: how often a partition that stands still is tried again. */
  readonly stoppedRetry: number;
  /** Resolves to true once this process is known to hold the partition still, false when it does not. */
  readonly sure: (partition: number, signal: Signal) => Promise<boolean>;
}

/** An idle partition says so this often: its clock follows the present. */
const IDLE_SIGN = 1_000;
const FIRST_WAIT = 100;
const LONGEST_WAIT = 5_000;

/**
 * Drives the consumer through one partition until the signal aborts; rejects only when the journal is misconfigured.
 *
 *   assign ──start──> reading ──fenced──> (lease is sure) ──> assign
 *      └──stopped──> wait <──stopped── ┘
 */
export async function drivePartition(partition: number, consumer: LogConsumer, gone: Signal, options: ReaderOptions): Promise<void> {
  const { time, logger } = options;
  while (!gone.aborted) {
    const assigned = await consumer.assign(partition);
    if (gone.aborted) {
      // The revoke of that moment may have come before there was anything to let go of.
      await consumer.revoke([partition]);
      return;
    }
    if (assigned.kind === 'start') {
      const end = await readFrom(partition, assigned.offset, consumer, gone, options);
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

async function readFrom(partition: number, offset: number, consumer: LogConsumer, gone: Signal, options: ReaderOptions): Promise<End> {
  const { tables, wakeups, time, logger, pollInterval } = options;
  let position = offset;
  let wait = FIRST_WAIT;
  /** The end of the partition at the moment `asOf`, until it is reached: under load the present end never is. */
  let mark: { readonly asOf: number; readonly high: number } | null = null;
  let saidAt = Number.NEGATIVE_INFINITY;
  let saidPosition = -1;

  /** 'fenced': another owner has the partition, as the consumer says. */
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

  while (!gone.aborted) {
    const grown = wakeups.count(partition);
    const asOf = time.now();
    let page;
    let high;
    try {
      const bounds = await tables.bounds('deliveryEvents', partition);
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
      await wakeups.wait(partition, grown, pollInterval, gone);
      continue;
    }
    const nextOffset = last.offset + 1;
    const outcome = await consumer.batch({ partition, firstOffset: first.offset, nextOffset, highWatermark: high, records: page });
    if (gone.aborted) break;
    switch (outcome.kind) {
      case 'taken':
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
