/** The columns of the roll-ups but the partition. */
import { bulk } from '@desist/postgres';
import type { RollupHour } from '@desist/pipeline';
import { sql } from 'kysely';

export const rollupRows = bulk<RollupHour>({
  family: ['text', (row) => row.family],
  at: ['bigint', (row) => row.at],
  tenant: ['text', (row) => row.tenant],
  provider: ['text', (row) => row.provider],
  stream: ['text', (row) => row.stream],
  pool: ['text', (row) => row.pool],
  domain: ['text', (row) => row.domain],
  type: ['text', (row) => row.type],
  category: ['text', (row) => row.category],
  attribution: ['text', (row) => row.attribution],
  upper_bound: ['integer', (row) => row.upperBound],
  events: ['bigint', (row) => row.events],
  quarter_0: ['integer', (row) => row.quarters[0]],
  quarter_1: ['integer', (row) => row.quarters[1]],
  quarter_2: ['integer', (row) => row.quarters[2]],
  quarter_3: ['integer', (row) => row.quarters[3]],
});

/**
 * The quarters of an hour with the columns of the roll-ups, and `hour`, ms, by which rows are found. What engines of before version 96 of the
 * schema count is in a table of its own, until it is too old.
 */
export const rollupQuarters = sql`(
    select family, r.at as hour, r.at + q.n * 900000 as at, partition, tenant, provider, stream, pool, domain, type, category, attribution,
      upper_bound, q.events
    from desist.rollup_hour r
    cross join lateral (values (0, quarter_0), (1, quarter_1), (2, quarter_2), (3, quarter_3)) as q (n, events)
    where q.events <> 0
    union all
    select family, at - at % 3600000, at, partition, tenant, provider, stream, pool, domain, type, category, attribution, upper_bound, events
    from desist.rollup_quarter)`;
