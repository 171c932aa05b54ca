/** Allocates offsets in partitions for an append. Locks each counter until the commit, which keeps the offsets dense. Primary key. */
import { bulk, statement } from '@desist/postgres';
import type { Rows, Slots } from '@desist/postgres';
import { sql } from 'kysely';
import { now } from './now.ts';

export interface Wanted {
  readonly partition: number;
  readonly count: number;
}

export interface Taken {
  readonly partition: number;
  /** The first allocated offset. */
  readonly offset: number;
  readonly time: number;
}

const rows = bulk<Wanted>({
  partition: ['integer', (row) => row.partition],
  count: ['integer', (row) => row.count],
});

export const takeOffsets = statement(
  'take_offsets',
  (_, { topic }: Slots<Rows<Wanted> & { readonly topic: string }>) => sql<Taken>`update desist.journal_partition as p
    set high = p.high + k.count, last_time = greatest(p.last_time, ${now})
    from ${rows.unnest} where p.topic = ${topic} and p.partition = k.partition
    returning p.partition, p.high - k.count as "offset", p.last_time as time`,
);
