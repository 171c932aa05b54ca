/** Adds changes to be relayed. Locks nothing: the checkpoint's lock makes the numbers ours. */
import { bulk, preparedStatement } from '@desist/postgres';
import type { Rows, Slots } from '@desist/postgres';
import type { OutboxRow } from '@desist/pipeline';
import { sql } from 'kysely';

const rows = bulk<OutboxRow>({
  number: ['bigint', (row) => row.sequence],
  key: ['text', (row) => row.key],
  change: ['json', (row) => row.change],
  lists: ['boolean', (row) => row.value !== undefined],
  value: ['json', (row) => row.value ?? null],
});

export const appendOutbox = preparedStatement(
  'append_outbox',
  (
    _,
    { partition }: Slots<Rows<OutboxRow> & { readonly partition: number }>,
  ) => sql<never>`insert into desist.outbox (partition, ${rows.names})
    select ${partition}::integer, k.* from ${rows.unnest}`,
);
