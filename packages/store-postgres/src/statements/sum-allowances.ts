/** Allowances, as the commits counted them. A row per partition and scope. */
import { statement } from '@desist/postgres';
import { sql } from 'kysely';

export const sumAllowances = statement(
  'sum_allowances',
  () => sql<{ readonly count: number }>`select coalesce(sum(count), 0)::bigint as count from desist.allowance_count`,
);
