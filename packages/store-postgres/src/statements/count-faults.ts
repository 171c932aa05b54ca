/** Counts records that are not as they should be. Locks the counters of the partition, behind its checkpoint; primary key. */
import { bulk, statement } from '@desist/postgres';
import type { Rows, Slots } from '@desist/postgres';
import type { RecordFault } from '@desist/pipeline';
import { sql } from 'kysely';
import { nowMs } from './now-ms.ts';

const rows = bulk<RecordFault>({
  kind: ['text', (row) => row.kind],
  count: ['bigint', (row) => row.count],
  last_offset: ['bigint', (row) => row.lastOffset],
});

export const countFaults = statement(
  'count_faults',
  (
    _,
    { partition }: Slots<Rows<RecordFault> & { readonly partition: number }>,
  ) => sql<never>`insert into desist.record_fault as f (partition, ${rows.names}, last_at)
    select ${partition}::integer, k.*, ${nowMs} from ${rows.unnest}
    on conflict (partition, kind) do update set count = f.count + excluded.count, last_offset = excluded.last_offset, last_at = excluded.last_at`,
);
