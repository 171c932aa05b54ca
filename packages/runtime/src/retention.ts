/** Deletes old records of the journal, old history and old entries of the audit trail. Kafka deletes its records itself, by the settings of its topics. */
import { DAY } from '@desist/domain';
import type { LogSink, StateReader, Topic } from '@desist/pipeline';
import type { JournalLog } from '@desist/log-postgres';
import { createAuditTrail, keepRollupPartitions, pruneClockMoves, pruneHistory, pruneOutcomes } from '@desist/store-postgres';
import type { Database } from '@desist/store-postgres';
import { repeat } from './every.ts';
import type { Background } from './every.ts';

/** Retention of the journal, ms: the same as that of the Kafka topics. `suppressions` is compacted instead. */
export const KEEP = {
  deliveryEvents: 14 * DAY,
  suppressionEvents: 90 * DAY,
  deadLetters: 30 * DAY,
} as const satisfies Partial<Record<Topic, number>>;
const EVERY = 10 * 60_000;

export interface Pruned {
  readonly journal: Pick<JournalLog & LogSink, 'prune' | 'partitions'>;
  readonly reader: Pick<StateReader, 'status'>;
}

/**
 * Deletes records whose retention is over at `now` (ms) and returns their number. A delivery event that is not folded yet is kept
 * however old it is; published records are deleted whether they were read or not.
 */
export async function prune({ journal, reader }: Pruned, now: number): Promise<number> {
  let deleted = 0;
  for (const { partition, nextOffset } of (await reader.status()).partitions) {
    deleted += await journal.prune('deliveryEvents', partition, { below: nextOffset, before: now - KEEP.deliveryEvents });
  }
  const below = Number.MAX_SAFE_INTEGER;
  const partitions = await journal.partitions();
  for (let partition = 0; partition < partitions; partition += 1) {
    deleted += await journal.prune('suppressionEvents', partition, { below, before: now - KEEP.suppressionEvents });
  }
  return deleted + (await journal.prune('deadLetters', 0, { below, before: now - KEEP.deadLetters }));
}

interface KeepHistory extends Background {
  readonly db: Pick<Database, 'query'>;
  /** Published changes, ms. */
  readonly kept: number;
  /** Entries of the audit trail, ms. */
  readonly auditKept: number;
}

export function keepHistoryPruned(options: KeepHistory): void {
  const { db, kept, auditKept, time, logger } = options;
  const work = async (): Promise<void> => {
    const deleted = await pruneHistory(db, time.now() - kept);
    if (deleted > 0) logger.info({ deleted }, 'history beyond its retention was deleted');
    await keepRollupPartitions(db, time.now());
    // They are useless without the records around them.
    await pruneClockMoves(db, time.now() - KEEP.deliveryEvents);
    await pruneOutcomes(db, time.now() - DAY);
    await createAuditTrail(db).prune(time.now() - auditKept);
  };
  repeat(EVERY, work, 'history, clock moves, outcomes and the audit trail were not pruned', options);
}

export function keepJournalPruned(options: Pruned & Background): void {
  const { time, logger } = options;
  const work = async (): Promise<void> => {
    const deleted = await prune(options, time.now());
    if (deleted > 0) logger.info({ deleted }, 'records beyond their retention were deleted from the journal');
  };
  repeat(EVERY, work, 'the journal could not be pruned', options);
}
