/** Notes that erasures are under way. Locks each row, in the order given; primary key. */
import { bulk, statement } from '@desist/postgres';
import type { Rows, Slots } from '@desist/postgres';
import type { ErasedRow } from '@desist/pipeline';
import { sql } from 'kysely';

const rows = bulk<ErasedRow>({
  tenant: ['text', (row) => row.tenant],
  address: ['text', (row) => row.address],
  record_offset: ['bigint', (row) => row.offset],
  number: ['bigint', (row) => row.sequence],
});

export const upsertErasures = statement(
  'upsert_erasures',
  (
    _,
    { partition }: Slots<Rows<ErasedRow> & { readonly partition: number }>,
  ) => sql<never>`insert into desist.erasure as e (partition, ${rows.names})
    select ${partition}::integer, k.* from ${rows.unnest}
    on conflict (tenant, address) do update set record_offset = excluded.record_offset, number = greatest(e.number, excluded.number)`,
);
