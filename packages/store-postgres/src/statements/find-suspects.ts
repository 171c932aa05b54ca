/**
 * Tenants and providers of which enough recipients fail, half of them in quarters in which their share is high. Locks nothing; index
 * incident_count_failing, so quarters in which nobody failed cost nothing.
 */
import type { Tenant } from '@desist/domain';
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';

interface Terms {
  /** ms. */
  readonly since: number;
  readonly recipients: number;
  /** 0 to 1. */
  readonly share: number;
}

interface Suspect {
  readonly tenant: Tenant;
  readonly provider: string;
}

/** A quarter's share is that of all partitions, and of those in which nobody failed the deliveries count, too: the primary key finds them. */
export const findSuspects = statement(
  'find_suspects',
  (_, { since, recipients, share }: Slots<Terms>) => sql<Suspect>`with many as (
      select tenant, provider from desist.incident_count where at >= ${since}::bigint and failing > 0
      group by tenant, provider having sum(failing) >= ${recipients}::bigint)
    select tenant, provider from (
      select c.tenant, c.provider, c.at, sum(c.failing) as failing, sum(c.delivered) as delivered
      from many join desist.incident_count c on c.provider = many.provider and c.tenant = many.tenant and c.at >= ${since}::bigint
      group by c.tenant, c.provider, c.at) quarters
    where failing > 0 and failing::float8 / (failing + delivered) >= ${share}::float8 / 4
    group by tenant, provider having sum(failing) >= ${recipients}::bigint / 2.0
    order by tenant, provider`,
);
