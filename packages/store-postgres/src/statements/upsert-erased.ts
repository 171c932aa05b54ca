/** Puts a keyed hash in the place of each erased recipient. Locks each row, in the order given; primary key. */
import type { Tenant } from '@desist/domain';
import { bulk, statement } from '@desist/postgres';
import type { Rows, Slots } from '@desist/postgres';
import { sql } from 'kysely';

export interface ErasedHash {
  readonly tenant: Tenant;
  readonly hash: string;
  readonly version: number;
  readonly at: number;
  /** JSON. */
  readonly blocks: string;
}

const rows = bulk<ErasedHash>({
  tenant: ['text', (row) => row.tenant],
  hash: ['text', (row) => row.hash],
  version: ['bigint', (row) => row.version],
  at: ['bigint', (row) => row.at],
  blocks: ['json', (row) => row.blocks],
});

export const upsertErased = statement(
  'upsert_erased',
  (
    _,
    { partition }: Slots<Rows<ErasedHash> & { readonly partition: number }>,
  ) => sql<never>`insert into desist.forgotten (partition, ${rows.names})
    select ${partition}::integer, k.* from ${rows.unnest}
    on conflict (tenant, hash) do update set ${rows.updates(['tenant', 'hash'])}`,
);
