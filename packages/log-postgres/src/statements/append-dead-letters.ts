/** Inserts dead letters at allocated offsets, with the hashes of those whom they name. Locks nothing. */
import { bulk, statement } from '@desist/postgres';
import type { Rows } from '@desist/postgres';
import { sql } from 'kysely';
import type { AppendedRecord } from './append-records.ts';

export interface AppendedDeadLetter extends AppendedRecord {
  /** Null: not known, so that the record is searched at each erasure. */
  readonly recipients: readonly string[] | null;
}

const rows = bulk<AppendedDeadLetter>({
  partition: ['integer', (row) => row.partition],
  record_offset: ['bigint', (row) => row.offset],
  record_time: ['bigint', (row) => row.time],
  key: ['bytea', (row) => row.key],
  value: ['bytea', (row) => row.value],
  headers: ['json', (row) => row.headers],
  hashes: ['text', (row) => row.recipients?.join(' ') ?? null],
});

export const appendDeadLetters = statement<Rows<AppendedDeadLetter>, never>(
  'append_journal_dead_letters',
  () => sql<never>`insert into desist.journal
      (topic, partition, record_offset, record_time, key, value, headers, recipients)
    select 'deadLetters', k.partition, k.record_offset, k.record_time, k.key, k.value, k.headers, string_to_array(k.hashes, ' ')
    from ${rows.unnest}`,
);
