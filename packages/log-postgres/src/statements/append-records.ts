/** Inserts records at allocated offsets. Locks nothing. */
import { bulk, preparedStatement } from '@desist/postgres';
import type { Rows, Slots } from '@desist/postgres';
import { sql } from 'kysely';

export interface AppendedRecord {
  readonly partition: number;
  readonly offset: number;
  readonly time: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** JSON. */
  readonly headers: string | null;
}

const rows = bulk<AppendedRecord>({
  partition: ['integer', (row) => row.partition],
  record_offset: ['bigint', (row) => row.offset],
  record_time: ['bigint', (row) => row.time],
  key: ['bytea', (row) => row.key],
  value: ['bytea', (row) => row.value],
  headers: ['json', (row) => row.headers],
});

export const appendRecords = preparedStatement(
  'append_records',
  (_, { topic }: Slots<Rows<AppendedRecord> & { readonly topic: string }>) => sql<never>`insert into desist.journal (topic, ${rows.names})
    select ${topic}::text, k.* from ${rows.unnest}`,
);
