/** The journal keeps records for a while and then deletes them. Kafka does this by itself, by the settings of its topics. */
import type { LogSink, StateReader, Topic } from '@desist/pipeline';
import type { JournalLog } from '@desist/log-postgres';
import type { Database } from '@desist/store-postgres';
import { keepDoing } from './every.ts';
import type { Keeping } from './every.ts';

const DAY = 86_400_000;
/** As long as the topics on Kafka are kept. `suppressions` is compacted instead. */
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
 * Deletes what is older than it need be kept at `now` (ms), and answers how much that was. A delivery event that is not folded yet
 * stays however old it is; what was published waits for nobody.
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

const HISTORY_STEP = 5_000;

/** Deletes published changes that were recorded before `before` (ms), in steps; answers how many. */
export async function pruneHistory(db: Pick<Database, 'query'>, before: number): Promise<number> {
  let deleted = 0;
  for (;;) {
    const rows = await db.query(
      `delete from desist.recipient_event e using (select recipient_id, version from desist.recipient_event where recorded_at < $1 limit ${HISTORY_STEP}) old
        where e.recipient_id = old.recipient_id and e.version = old.version returning 1`,
      [before],
    );
    deleted += rows.length;
    if (rows.length < HISTORY_STEP) return deleted;
  }
}

interface KeepHistory extends Keeping {
  readonly db: Pick<Database, 'query'>;
  /** ms */
  readonly kept: number;
}

export function keepHistory(options: KeepHistory): void {
  const { db, kept, time, logger } = options;
  const work = async (): Promise<void> => {
    const deleted = await pruneHistory(db, time.now() - kept);
    if (deleted > 0) logger.info({ deleted }, 'history older than it is kept was deleted');
  };
  keepDoing(EVERY, work, 'the history was not pruned', options);
}

export function keepPruned(options: Pruned & Keeping): void {
  const { time, logger } = options;
  const work = async (): Promise<void> => {
    const deleted = await prune(options, time.now());
    if (deleted > 0) logger.info({ deleted }, 'records older than they are kept were deleted from the journal');
  };
  keepDoing(EVERY, work, 'the journal was not pruned', options);
}
