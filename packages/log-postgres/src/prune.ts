import type { Topic } from '@desist/pipeline';
import { asLogErrors } from './errors.ts';
import type { Database } from './database.ts';
import { findPrunable } from './statements/find-prunable.ts';
import { pruneRecords } from './statements/prune-records.ts';
import { raiseLow } from './statements/raise-low.ts';
import type { Tables } from './tables.ts';
import { vacuum } from './vacuum.ts';

/** Maximum number of records deleted in one transaction. A larger one would not block appends, but would delay vacuum and replicas. */
const STEP = 5_000;

export interface PruneLimit {
  /** Only records below this offset ... */
  readonly below: number;
  /** ... and appended before this time, ms since the epoch. Default: no limit. */
  readonly before?: number;
}

export interface Pruned extends PruneLimit {
  readonly topic: Topic;
  readonly partition: number;
}

/** Deletes the oldest records in steps and raises `low` with each step. Returns the number of deleted records. */
export async function prune(db: Database, tables: Tables, { topic, partition, ...limit }: Pruned): Promise<number> {
  const { low, high } = await tables.bounds(topic, partition);
  const below = Math.min(limit.below, high);
  let deleted = 0;
  for (let from = low; from < below;) {
    const step = await asLogErrors('pruning the journal', () =>
      deleteStep(db, { topic, partition, from, below, before: limit.before ?? Number.MAX_SAFE_INTEGER }),
    );
    deleted += step.deleted;
    if (step.next <= from) break;
    from = step.next;
  }
  if (deleted > 0) await vacuum(db);
  return deleted;
}

interface Step {
  readonly topic: Topic;
  readonly partition: number;
  readonly from: number;
  readonly below: number;
  readonly before: number;
}

async function deleteStep(db: Database, step: Step): Promise<{ readonly next: number; readonly deleted: number }> {
  const { topic, partition, below } = step;
  return db.transaction(async (tx) => {
    const oldest = await findPrunable.first(tx, { ...step, limit: STEP });
    const next = oldest?.young ?? (oldest?.found === STEP && oldest.last !== null ? oldest.last + 1 : below);
    const pruned = await pruneRecords.first(tx, { topic, partition, below: next });
    // A compacted topic keeps the current value of each key whatever its age, so its lower end does not move.
    if (topic !== 'suppressions') await raiseLow.run(tx, { topic, partition, low: next });
    return { next, deleted: pruned?.deleted ?? 0 };
  });
}
