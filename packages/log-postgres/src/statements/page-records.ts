/** A page of records of a partition, in order. Limited by count and bytes, but never empty if a record exists. Locks nothing; primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';

interface Page {
  readonly topic: string;
  readonly partition: number;
  readonly from: number;
  readonly end: number;
  readonly records: number;
  readonly bytes: number;
}

interface StoredRecord {
  readonly partition: number;
  readonly offset: number;
  readonly recordTime: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** JSON. */
  readonly headers: string | null;
}

export const pageRecords = statement(
  'page_records',
  (_, { topic, partition, from, end, records, bytes }: Slots<Page>) => sql<StoredRecord>`
    select partition, record_offset as "offset", record_time as "recordTime", key, value, headers
    from (select *, sum(bytes) over (order by record_offset) - bytes as before
            from (select *, coalesce(octet_length(key), 0) + coalesce(octet_length(value), 0) as bytes
                    from desist.journal
                   where topic = ${topic} and partition = ${partition} and record_offset >= ${from}::bigint and record_offset < ${end}::bigint
                   order by record_offset limit ${records}) as candidate) as measured
    where before < ${bytes}
    order by record_offset`,
);
