/**
 * Tenants and providers of which enough tries were refused for the sender's fault, half of them in quarters and pools in which their share is
 * high. Locks nothing; index rollup_hour_sender, then the primary key for what was tried beside them.
 */
import type { Tenant } from '@desist/domain';
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';
import { rollupQuarters } from './rollup-columns.ts';

interface Terms {
  /** ms */
  readonly since: number;
  readonly refused: number;
  /** 0 to 1. */
  readonly share: number;
}

interface Suspect {
  readonly tenant: Tenant;
  readonly provider: string;
}

/** What was counted with less detail (`traffic/rollups.ts` of the pipeline) is of no single tenant or provider. */
export const findSenderSuspects = statement(
  'find_sender_suspects',
  (_, { since, refused, share }: Slots<Terms>) => sql<Suspect>`with refused as materialized (
      select tenant, provider, pool, at, sum(events) as refused from ${rollupQuarters} r
      where family = 'events' and attribution = 'sender' and hour > ${since}::bigint - 3600000 and at >= ${since}::bigint and type in ('deferred', 'bounced')
        and tenant <> '*' and provider <> 'other'
      group by tenant, provider, pool, at),
    many as (select tenant, provider from refused group by tenant, provider having sum(refused) >= ${refused}::bigint)
    select tenant, provider from many join refused using (tenant, provider)
    cross join lateral (
      select sum(r.events) as tries from ${rollupQuarters} r
      where r.family = 'events' and r.hour = refused.at - refused.at % 3600000 and r.at = refused.at and r.tenant = refused.tenant and r.provider = refused.provider
        and r.pool = refused.pool and r.type in ('delivered', 'deferred', 'bounced')) tried
    where refused.refused >= tried.tries * ${share}::float8 / 4
    group by tenant, provider having sum(refused.refused) >= ${refused}::bigint / 2.0
    order by tenant, provider`,
);
