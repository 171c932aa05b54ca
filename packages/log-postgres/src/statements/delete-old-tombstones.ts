/** Deletes up to `limit` expired tombstones in the given partitions of the compacted topic. Locks them; index journal_tombstone. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';
import { now } from './now.ts';

interface Old {
  readonly partitions: readonly number[];
  /** ms. */
  readonly kept: number;
  readonly limit: number;
}

export const deleteOldTombstones = statement(
  'delete_old_tombstones',
  (_, { partitions, kept, limit }: Slots<Old>) => sql<never>`delete from desist.journal
    where topic = 'suppressions' and (partition, record_offset) in (
      select partition, record_offset from desist.journal
      where topic = 'suppressions' and value is null and partition = any(${partitions}::integer[]) and record_time < ${now} - ${kept}::bigint
      order by partition, record_offset limit ${limit})`,
);
