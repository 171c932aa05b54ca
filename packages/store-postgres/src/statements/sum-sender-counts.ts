/**
 * What tenants tried at providers, by pool and time: by hour first, by quarter from a moment on. Locks nothing; the primary keys of the
 * roll-ups, with a look for each time, so that what others sent is not read.
 */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';
import type { RawBuilder } from 'kysely';
import { rollupQuarters } from './rollup-columns.ts';

interface Wanted {
  /** As many as providers, in their order. */
  readonly tenants: readonly string[];
  readonly providers: readonly string[];
  /** ms, full hours. */
  readonly hours: number;
  readonly quarters: number;
  /** ms, inclusive. */
  readonly until: number;
}

export interface SummedTries {
  /** Its place among those that were asked for, from 1 on. */
  readonly place: number;
  readonly pool: string;
  readonly at: number;
  readonly tries: number;
  readonly refused: number;
  readonly recipients: number;
}

function triesOf(table: RawBuilder<unknown>, found = sql``): RawBuilder<unknown> {
  return sql`select r.pool, sum(r.events) as tries, coalesce(sum(r.events) filter (where r.attribution = 'sender'), 0) as refused from ${table} r
    where r.family = 'events' and r.at = times.at ${found} and r.tenant = wanted.tenant and r.provider = wanted.provider
      and r.type in ('delivered', 'deferred', 'bounced')
    group by r.pool`;
}

export const sumSenderCounts = statement(
  'sum_sender_counts',
  (_, { tenants, providers, hours, quarters, until }: Slots<Wanted>) => sql<SummedTries>`with wanted as (
      select * from unnest(${tenants}::text[], ${providers}::text[]) with ordinality as w (tenant, provider, place)),
    tried as (
      select place, pool, at, tries, refused
      from wanted cross join generate_series(${hours}::bigint, ${quarters}::bigint - 3600000, 3600000::bigint) as times (at)
      cross join lateral (${triesOf(sql`desist.rollup_hour`)}) of_hour
      union all
      select place, pool, at, tries, refused
      from wanted cross join generate_series(${quarters}::bigint, ${until}::bigint, 900000::bigint) as times (at)
      cross join lateral (${triesOf(rollupQuarters, sql`and r.hour = times.at - times.at % 3600000`)}) of_quarter)
    select place, pool, at, tries::bigint as tries, refused::bigint as refused, coalesce(recipients, 0) as recipients
    from tried left join (
      select place, s.pool, s.at, bit_or(s.recipients) as recipients
      from wanted join desist.sender_reply s on s.tenant = wanted.tenant and s.provider = wanted.provider
        and s.at >= ${quarters}::bigint and s.at <= ${until}::bigint
      group by place, s.pool, s.at) bits using (place, pool, at)
    order by place, pool, at`,
);
