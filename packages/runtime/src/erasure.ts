/**
 * The last step of an erasure: once its changes are relayed, it is taken out of the audit trail and the journal's copies are deleted, then the row that marks the erasure as
 * pending. Kafka's copies are removed by retention and compaction of its topics.
 */
import type { JournalLog } from '@desist/log-postgres';
import type { Database } from '@desist/store-postgres';
import { createAuditTrail, dueErasures, eraseParked, erasureDone, vacuumAfterErasing } from '@desist/store-postgres';
import { namesRecipient } from './dead-letter-index.ts';
import { repeat } from './every.ts';
import type { Background } from './every.ts';

/** ms. Each look is a statement, of every engine process. */
const EVERY = 2_000;

interface Erasing {
  readonly db: Database;
  /** Null: the log is Kafka. */
  readonly journal: Pick<JournalLog, 'erase'> | null;
}

/** Returns the number of erasures that were completed. */
export async function eraseDue({ db, journal }: Erasing): Promise<number> {
  const due = await dueErasures(db);
  for (const erasure of due) {
    const { tenant, address } = erasure;
    await eraseParked(db, erasure, (letter) => namesRecipient({ ...letter, headers: {} }, tenant, address));
    await createAuditTrail(db).erase(tenant, address);
    await journal?.erase(erasure);
    await erasureDone(db, erasure);
  }
  if (due.length > 0) await vacuumAfterErasing(db);
  return due.length;
}

export function keepErasing(options: Erasing & Background): void {
  const work = async (): Promise<void> => {
    const erased = await eraseDue(options);
    if (erased > 0) options.logger.info({ erased }, 'erasures are complete');
  };
  repeat(EVERY, work, 'erasures could not be completed', options);
}
