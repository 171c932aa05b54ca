/** The columns of the roll-ups but the partition, and how counts are added to a table of them. */
import { bulk } from '@desist/postgres';
import type { Rows, Slots } from '@desist/postgres';
import type { RollupRow } from '@desist/pipeline';
import { sql } from 'kysely';
import type { RawBuilder } from 'kysely';

const rollupRows = bulk<RollupRow>({
  family: ['text', (row) => row.family],
  at: ['bigint', (row) => row.at],
  tenant: ['text', (row) => row.tenant],
  provider: ['text', (row) => row.provider],
  stream: ['text', (row) => row.stream],
  pool: ['text', (row) => row.pool],
  domain: ['text', (row) => row.domain],
  type: ['text', (row) => row.type],
  category: ['text', (row) => row.category],
  attribution: ['text', (row) => row.attribution],
  upper_bound: ['integer', (row) => row.upperBound],
  events: ['bigint', (row) => row.events],
});

const rollupKey = sql`family, at, tenant, provider, stream, pool, domain, type, category, attribution, upper_bound, partition`;

export type AddedCounts = Slots<Rows<RollupRow> & { readonly partition: number }>;

/** Adds to what the rows of the partition have. */
export function addCounts(table: RawBuilder<unknown>, { partition }: AddedCounts): RawBuilder<never> {
  return sql<never>`insert into ${table} as r (partition, ${rollupRows.names})
    select ${partition}::integer, k.* from ${rollupRows.unnest}
    on conflict (${rollupKey}) do update set events = r.events + excluded.events`;
}
