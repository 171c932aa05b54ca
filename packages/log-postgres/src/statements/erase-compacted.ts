/**
 * Deletes an erased recipient's values up to and including the last tombstone; returns a row for each. Later values belong to a new
 * recipient with the same address. Locks them; index journal_latest, partition by partition.
 */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';
import type { Gone } from './gone.ts';

export const eraseCompacted = statement(
  'erase_compacted',
  (_, { key }: Slots<{ key: string }>) => sql<Gone>`
    with mine as (select partition, record_offset, value from desist.journal
                  where topic = 'suppressions' and sha256(key) = sha256(decode(${key}, 'hex')) and key = decode(${key}, 'hex'))
    delete from desist.journal j using mine
    where j.topic = 'suppressions' and j.partition = mine.partition and j.record_offset = mine.record_offset
      and mine.record_offset <= (select max(record_offset) from mine where value is null) returning 1 as gone`,
);
