/** The incidents that a partition knows, and how far it has applied them. Locks each row; primary key. */
import { bulk, preparedStatement } from '@desist/postgres';
import type { Rows, Slots } from '@desist/postgres';
import type { KnownIncident } from '@desist/pipeline';
import { sql } from 'kysely';
import { encodeKnown } from '../known-incident.ts';

const rows = bulk<KnownIncident>({
  id: ['text', (row) => row.incident.id],
  revision: ['integer', (row) => row.incident.revision],
  incident: ['json', (row) => encodeKnown(row.incident)],
  until_at: ['bigint', (row) => row.incident.terms.until],
  done: ['boolean', (row) => row.done],
  looked: ['bigint', (row) => row.looked],
  changed: ['bigint', (row) => row.changed],
});

export const upsertKnownIncidents = preparedStatement(
  'upsert_known_incidents',
  (
    _,
    { partition }: Slots<Rows<KnownIncident> & { readonly partition: number }>,
  ) => sql<never>`insert into desist.incident_known (partition, ${rows.names})
    select ${partition}::integer, k.* from ${rows.unnest}
    on conflict (partition, id) do update set ${rows.updates(['id'])}`,
);
