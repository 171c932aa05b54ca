/**
 * The latest quarters of a partition, so many at most, shared fairly: as many of each tenant as of every other, as far as it has them.
 * Locks nothing; index incident_count_partition, of which it reads at most so many entries of each tenant.
 */
import type { Tenant } from '@desist/domain';
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';

interface Quarter {
  readonly tenant: Tenant;
  readonly provider: string;
  readonly at: number;
  readonly failing: number;
  readonly delivered: number;
  readonly detail: string | null;
}

export const loadIncidentCounts = statement(
  'load_incident_counts',
  (_, { partition, limit }: Slots<{ partition: number; limit: number }>) => sql<Quarter>`with recursive tenants (tenant) as (
      (select tenant from desist.incident_count where partition = ${partition}::integer order by tenant limit 1)
      union all
      select (select c.tenant from desist.incident_count c where c.partition = ${partition}::integer and c.tenant > tenants.tenant
        order by c.tenant limit 1)
      from tenants where tenants.tenant is not null)
    select own.tenant, own.provider, own.at, own.failing, own.delivered, own.detail
    from tenants cross join lateral (
      select c.*, row_number() over (order by c.at desc, c.provider) as rank from desist.incident_count c
      where c.partition = ${partition}::integer and c.tenant = tenants.tenant order by c.at desc, c.provider limit ${limit}::integer) own
    order by own.rank, own.tenant limit ${limit}::integer`,
);
