import type { Topic } from '@desist/pipeline';
import { asLogErrors } from './errors.ts';
import type { Database } from './database.ts';
import type { Tables } from './tables.ts';

/** Records deleted in one transaction: appends are not held up by it, but vacuum and replicas would be. */
const STEP = 5_000;

export interface PruneLimit {
  /** Only records below this offset ... */
  readonly below: number;
  /** ... and appended before this moment, ms. Default: whenever. */
  readonly before?: number;
}

/** Deletes from the lower end, in steps, and raises `low` with each; answers how many records went. */
export async function prune(db: Database, tables: Tables, topic: Topic, partition: number, limit: PruneLimit): Promise<number> {
  const { low, high } = await tables.bounds(topic, partition);
  const below = Math.min(limit.below, high);
  let deleted = 0;
  for (let from = low; from < below;) {
    const step = await asLogErrors('pruning the journal', () => deleteStep(db, topic, partition, from, below, limit.before));
    deleted += step.deleted;
    if (step.next <= from) break;
    from = step.next;
  }
  // The embedded database has no autovacuum.
  if (deleted > 0 && db.kind === 'embedded') await db.query('vacuum desist.journal').catch(() => undefined);
  return deleted;
}

async function deleteStep(
  db: Database,
  topic: Topic,
  partition: number,
  from: number,
  below: number,
  before = Number.MAX_SAFE_INTEGER,
): Promise<{ readonly next: number; readonly deleted: number }> {
  return db.transaction(async (tx) => {
    const [row] = await tx.query(
      `select count(*)::int as found, min(record_offset) filter (where record_time >= $5::bigint) as young, max(record_offset) as last
         from (select record_offset, record_time from desist.journal
                where topic = $1 and partition = $2 and record_offset >= $3::bigint and record_offset < $4::bigint
                order by record_offset limit ${STEP}) as oldest`,
      [topic, partition, from, below, before],
    );
    const young = row?.['young'] ?? null;
    const next = young !== null ? Number(young) : row?.['found'] === STEP ? Number(row['last']) + 1 : below;
    const [gone] = await tx.query(
      `with gone as (delete from desist.journal
         where topic = $1 and partition = $2 and record_offset < $3::bigint and ($1 <> 'suppressions' or value is null) returning 1)
       select count(*)::int as deleted from gone`,
      [topic, partition, next],
    );
    // What holds now stays whatever its age: the lower end of a compacted topic does not move.
    if (topic !== 'suppressions') {
      await tx.query('update desist.journal_partition set low = greatest(low, $3::bigint) where topic = $1 and partition = $2', [
        topic,
        partition,
        next,
      ]);
    }
    return { next, deleted: Number(gone?.['deleted'] ?? 0) };
  });
}
