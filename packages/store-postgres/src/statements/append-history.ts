/** Adds published changes to the history of recipients of this transaction. Locks nothing; unique index on tenant and address, primary key of
 * checkpoint. */
import { bulk, statement } from '@desist/postgres';
import type { Rows, Slots } from '@desist/postgres';
import type { HistoryRow } from '@desist/pipeline';
import { sql } from 'kysely';

const rows = bulk<HistoryRow>({
  tenant: ['text', (row) => row.tenant],
  address: ['text', (row) => row.address],
  sequence: ['bigint', (row) => row.sequence],
  version: ['bigint', (row) => row.version],
  type: ['text', (row) => row.type],
  effective_at: ['bigint', (row) => row.effectiveAt],
  recorded_at: ['bigint', (row) => row.recordedAt],
  detail: ['json', (row) => row.detail],
});

export const appendHistory = statement(
  'append_history',
  (_, { partition }: Slots<Rows<HistoryRow> & { readonly partition: number }>) => sql<never>`insert into desist.recipient_event
      (partition, incarnation, sequence, recipient_id, version, type, effective_at, recorded_at, detail)
    select ${partition}::integer, c.incarnation, k.sequence, r.id, k.version, k.type, k.effective_at, k.recorded_at, k.detail
    from ${rows.unnest} join desist.recipient r on r.tenant = k.tenant and r.address = k.address
    cross join (select incarnation from desist.checkpoint where partition = ${partition}::integer) c`,
);
