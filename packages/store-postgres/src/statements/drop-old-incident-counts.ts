/** Drops some of the quarters from before a moment; a row for each. Locks them; index incident_count_at, then the primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';

export const dropOldIncidentCounts = statement(
  'drop_old_incident_counts',
  (_, { before, limit }: Slots<{ before: number; limit: number }>) => sql<{ readonly dropped: number }>`
    delete from desist.incident_count c using (select provider, tenant, at, partition from desist.incident_count where at < ${before} limit ${limit}) old
    where c.provider = old.provider and c.tenant = old.tenant and c.at = old.at and c.partition = old.partition returning 1 as dropped`,
);
