/**
 * The last step of an erasure: once its changes are relayed, the log's own copies go, and then the note that it is under way. Kafka's
 * copies go by the retention and compaction of its topics.
 */
import type { JournalLog } from '@desist/log-postgres';
import type { Database } from '@desist/store-postgres';
import { dueErasures, erasureDone } from '@desist/store-postgres';
import { keepDoing } from './every.ts';
import type { Keeping } from './every.ts';

const EVERY = 1_000;

interface Erasing {
  readonly db: Database;
  /** Null: the log is Kafka. */
  readonly journal: Pick<JournalLog, 'erase'> | null;
}

/** Answers how many erasures were brought to their end. */
export async function eraseDue({ db, journal }: Erasing): Promise<number> {
  const due = await dueErasures(db);
  for (const erasure of due) {
    await journal?.erase(erasure);
    await erasureDone(db, erasure);
  }
  // Deleted rows are not gone from the files before this; the embedded database has no autovacuum.
  if (due.length > 0 && db.kind === 'embedded') {
    for (const table of ['recipient', 'recipient_event', 'outbox', 'erasure'])
      await db.query(`vacuum desist.${table}`).catch(() => undefined);
  }
  return due.length;
}

export function keepErasing(options: Erasing & Keeping): void {
  const work = async (): Promise<void> => {
    const erased = await eraseDue(options);
    if (erased > 0) options.logger.info({ erased }, 'erasures are complete');
  };
  keepDoing(EVERY, work, 'erasures wait', options);
}
