/** Recipients that a deadline before a moment (ms) will suppress, by whole hours, as the commits counted them. A row per partition and hour. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';

export const sumDeadlines = statement(
  'sum_deadlines',
  (_, { before }: Slots<{ before: number }>) => sql<{ readonly count: number }>`select coalesce(sum(count), 0)::bigint as count
    from desist.deadline_count where hour < ${before}::bigint`,
);
