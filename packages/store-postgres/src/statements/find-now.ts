/** The database's clock, ms: of the statement, not of the transaction's begin. Locks nothing. */
import { statement } from '@desist/postgres';
import { sql } from 'kysely';

export const findNow = statement<unknown, { readonly now: number }>(
  'find_now',
  () => sql`select (extract(epoch from clock_timestamp()) * 1000)::bigint as now`,
);
