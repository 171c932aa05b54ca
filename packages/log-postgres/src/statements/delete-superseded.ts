/** Deletes the records of each given key that are older than its last one, on the compacted topic. Locks the records; index journal_latest. */
import { bulk, statement } from '@desist/postgres';
import type { Rows } from '@desist/postgres';
import { sql } from 'kysely';

export interface Latest {
  readonly partition: number;
  readonly offset: number;
  readonly key: Buffer;
}

const rows = bulk<Latest>({
  partition: ['integer', (row) => row.partition],
  record_offset: ['bigint', (row) => row.offset],
  key: ['bytea', (row) => row.key],
});

export const deleteSuperseded = statement<Rows<Latest>, never>(
  'delete_superseded',
  () => sql`delete from desist.journal as j using ${rows.unnest}
    where j.topic = 'suppressions' and j.partition = k.partition and j.record_offset < k.record_offset
      and sha256(j.key) = sha256(k.key) and j.key = k.key`,
);
