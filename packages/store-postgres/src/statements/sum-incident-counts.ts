/** Quarters of tenants and providers, of all partitions together, by time. Locks nothing; primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';

interface Wanted {
  /** As many as providers, in their order; null: of all tenants together. */
  readonly tenants: readonly (string | null)[];
  readonly providers: readonly string[];
  readonly since: number;
}

export interface Summed {
  /** Its place among those that were asked for, from 1 on. */
  readonly place: number;
  readonly at: number;
  readonly failing: number;
  readonly delivered: number;
  /** JSON of each partition in which somebody failed. */
  readonly details: readonly string[] | null;
}

export const sumIncidentCounts = statement(
  'sum_incident_counts',
  (_, { tenants, providers, since }: Slots<Wanted>) => sql<Summed>`select wanted.place, c.at, sum(c.failing) as failing,
      sum(c.delivered) as delivered, array_agg(c.detail) filter (where c.detail is not null) as details
    from unnest(${tenants}::text[], ${providers}::text[]) with ordinality as wanted (tenant, provider, place)
    join desist.incident_count c
      on c.provider = wanted.provider and (wanted.tenant is null or c.tenant = wanted.tenant) and c.at >= ${since}::bigint
    group by wanted.place, c.at order by wanted.place, c.at`,
);
