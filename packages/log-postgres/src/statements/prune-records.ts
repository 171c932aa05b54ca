/**
 * Deletes the records of a partition below an offset and returns how many; on the compacted topic, only tombstones. Locks them; primary key.
 */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';

interface Range {
  readonly topic: string;
  readonly partition: number;
  readonly below: number;
}

export const pruneRecords = statement(
  'prune_records',
  (_, { topic, partition, below }: Slots<Range>) => sql<{ readonly deleted: number }>`
    with gone as (delete from desist.journal
      where topic = ${topic} and partition = ${partition} and record_offset < ${below}::bigint
        and (${topic} <> 'suppressions' or value is null) returning 1)
    select count(*) as deleted from gone`,
);
