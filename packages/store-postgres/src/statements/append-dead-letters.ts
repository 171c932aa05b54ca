/** Adds dead letters to be relayed. Locks nothing: the checkpoint's lock makes the offsets ours. */
import { bulk, preparedStatement } from '@desist/postgres';
import type { Rows, Slots } from '@desist/postgres';
import type { DeadLetter } from '@desist/pipeline';
import { sql } from 'kysely';

const rows = bulk<DeadLetter>({
  record_offset: ['bigint', (row) => row.offset],
  key: ['bytea', (row) => row.key],
  value: ['bytea', (row) => row.value],
  reason: ['text', (row) => row.reason],
  detail: ['text', (row) => row.detail],
});

export const appendDeadLetters = preparedStatement(
  'append_dead_letters',
  (
    _,
    { partition }: Slots<Rows<DeadLetter> & { readonly partition: number }>,
  ) => sql<never>`insert into desist.dead_letter (partition, ${rows.names})
    select ${partition}::integer, k.* from ${rows.unnest}`,
);
