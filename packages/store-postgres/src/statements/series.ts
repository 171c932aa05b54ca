/**
 * Roll-ups of a span of time by group, step and type. The largest groups have rows of their own, the rest share one; with it goes what was
 * counted without detail (`coarser` in the pipeline's `traffic/rollups.ts`).
 */
import type { Slots } from '@desist/postgres';
import type { RollupFamily, SeriesGrouping } from '@desist/pipeline';
import { sql } from 'kysely';
import type { RawBuilder } from 'kysely';

export interface SeriesTerms {
  readonly family: RollupFamily;
  /** A family more; null: none. */
  readonly beside: RollupFamily | null;
  readonly by: SeriesGrouping | null;
  /** ms; `to` is exclusive. */
  readonly from: number;
  readonly to: number;
  readonly step: number;
  readonly types: readonly string[];
  /** Null: whatever it is. */
  readonly tenants: readonly string[] | null;
  readonly provider: string | null;
  readonly pool: string | null;
  readonly stream: string | null;
  readonly groups: number;
}

export interface SeriesRow {
  readonly name: string | null;
  /** The rest. */
  readonly rest: boolean;
  readonly slot: number;
  readonly type: string;
  readonly upperBound: number;
  readonly events: number;
}

/** `found`: a condition more, by which the rows are found. */
export function sumRollups(table: RawBuilder<unknown>, terms: Slots<SeriesTerms>, found = sql``): RawBuilder<SeriesRow> {
  const { family, beside, by, from, to, step, types, tenants, provider, pool, stream, groups } = terms;
  return sql<SeriesRow>`with found as (
      select case ${by}::text when 'provider' then provider when 'domain' then domain when 'category' then category
          when 'attribution' then attribution when 'stream' then stream when 'pool' then pool when 'reason' then case family when 'regret' then attribution else category end
          when 'tenant' then tenant end as name,
        (at - ${from}::bigint) / ${step}::bigint as slot, type, upper_bound, sum(events) as events
      from ${table} r
      where family in (${family}::text, ${beside}::text) and at >= ${from}::bigint and at < ${to}::bigint and type = any(${types}::text[]) ${found}
        and (${tenants}::text[] is null or tenant = any(${tenants}::text[]))
        and (${provider}::text is null or provider = ${provider}::text)
        and (${pool}::text is null or pool = ${pool}::text) and (${stream}::text is null or stream = ${stream}::text)
      group by 1, 2, 3, 4),
    largest as (
      select name from found where name is distinct from (case ${by}::text when 'tenant' then '*' else 'other' end) group by name order by sum(events) desc, name limit ${groups}::integer),
    named as (
      select l.name, not exists (select from largest l where l.name is not distinct from f.name) as rest, slot, type, upper_bound, events
      from found f left join largest l on l.name is not distinct from f.name)
    select nullif(name, '') as name, rest, slot, type, upper_bound as "upperBound", sum(events)::bigint as events from named
    group by name, rest, slot, type, upper_bound order by rest, name, slot, type, upper_bound`;
}
