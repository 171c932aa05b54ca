/** Locks the counters of several partitions in ascending order, so that two appends cannot deadlock. Primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';

export const lockPartitions = statement(
  'lock_partitions',
  (db, { topic, partitions }: Slots<{ topic: string; partitions: readonly number[] }>) =>
    db
      .selectFrom('desist.journal_partition')
      .select('partition')
      .where('topic', '=', topic)
      .where(sql<boolean>`partition = any(${partitions}::integer[])`)
      .orderBy('partition')
      .forUpdate(),
);
