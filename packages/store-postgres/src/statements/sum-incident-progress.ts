/** How far the partitions have carried out a revision. Locks nothing; reads incident_known, which has rows for the incidents of late. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import type { IncidentProgress } from '@desist/pipeline';
import { sql } from 'kysely';

export const sumIncidentProgress = statement(
  'sum_incident_progress',
  (_, { id, revision }: Slots<{ id: string; revision: number }>) => sql<IncidentProgress>`
    select (select count(*) from desist.checkpoint) as partitions, count(*) filter (where done) as done,
      coalesce(sum(looked), 0) as looked, coalesce(sum(changed), 0) as changed
    from desist.incident_known where id = ${id} and revision = ${revision}`,
);
