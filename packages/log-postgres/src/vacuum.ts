import type { Database } from './database.ts';
import { vacuumJournal } from './statements/vacuum-journal.ts';

/**
 * Vacuums the journal after a deletion, because the embedded database has no autovacuum. A failure is ignored: the journal still works,
 * only its file grows.
 */
export async function vacuum(db: Database): Promise<void> {
  if (db.kind === 'embedded') await vacuumJournal.run(db, {}).catch(() => undefined);
}
