/** Quarters, as a partition counts them now. Locks each row, in the order given: sorted by provider, tenant and time. Primary key. */
import { bulk, preparedStatement } from '@desist/postgres';
import type { Rows, Slots } from '@desist/postgres';
import type { IncidentCount } from '@desist/pipeline';
import { sql } from 'kysely';

const rows = bulk<IncidentCount>({
  tenant: ['text', (row) => row.tenant],
  provider: ['text', (row) => row.provider],
  at: ['bigint', (row) => row.at],
  failing: ['integer', (row) => row.failing],
  delivered: ['bigint', (row) => row.delivered],
  detail: ['json', ({ failing, codes, samples }) => (failing === 0 ? null : JSON.stringify({ codes, samples }))],
});

export const upsertIncidentCounts = preparedStatement(
  'upsert_incident_counts',
  (
    _,
    { partition }: Slots<Rows<IncidentCount> & { readonly partition: number }>,
  ) => sql<never>`insert into desist.incident_count (partition, ${rows.names})
    select ${partition}::integer, k.* from ${rows.unnest}
    on conflict (provider, tenant, at, partition) do update set ${rows.updates(['provider', 'tenant', 'at'])}`,
);
