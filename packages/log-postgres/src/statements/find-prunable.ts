/** Scans the oldest records of a partition: their number, the first one too recent to delete, and the last one. Locks nothing; primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';

interface Range {
  readonly topic: string;
  readonly partition: number;
  readonly from: number;
  readonly below: number;
  /** ms. */
  readonly before: number;
  readonly limit: number;
}

interface Oldest {
  readonly found: number;
  readonly young: number | null;
  readonly last: number | null;
}

export const findPrunable = statement(
  'find_prunable',
  (_, { topic, partition, from, below, before, limit }: Slots<Range>) => sql<Oldest>`select count(*) as found,
      min(record_offset) filter (where record_time >= ${before}::bigint) as young, max(record_offset) as last
    from (select record_offset, record_time from desist.journal
           where topic = ${topic} and partition = ${partition} and record_offset >= ${from}::bigint and record_offset < ${below}::bigint
           order by record_offset limit ${limit}) as oldest`,
);
