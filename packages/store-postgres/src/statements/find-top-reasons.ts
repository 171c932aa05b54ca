/** The most frequent category of failures of each name, in quarters of a span of time. Locks nothing; primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import type { ReasonQuery, TopReason } from '@desist/pipeline';
import { sql } from 'kysely';
import { rollupQuarters } from './rollup-columns.ts';

type Terms = Omit<ReasonQuery, 'tenants'> & { readonly tenants: readonly string[] | null };

export const findTopReasons = statement(
  'find_top_reasons',
  (_, { by, names, from, to, tenants }: Slots<Terms>) => sql<TopReason>`
    select distinct on (name) name, category, sum(events)::bigint as events from (
      select case ${by}::text when 'provider' then provider when 'domain' then domain else pool end as name, category, events
      from ${rollupQuarters} r
      where hour > ${from}::bigint - 3600000 and hour < ${to}::bigint and family = case when ${by}::text = 'domain' then 'domains' else 'events' end
        and at >= ${from}::bigint and at < ${to}::bigint and type in ('deferred', 'bounced') and category <> ''
        and (${tenants}::text[] is null or tenant = any(${tenants}::text[]))) failed
    where name = any(${names}::text[])
    group by name, category order by name, 3 desc, category`,
);
