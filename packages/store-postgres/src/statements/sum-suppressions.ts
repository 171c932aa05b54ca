/** Suppressions by scope and reason, as the commits counted them. Locks nothing; a row for each partition, scope and reason. */
import { statement } from '@desist/postgres';
import { sql } from 'kysely';

export const sumSuppressions = statement(
  'sum_suppressions',
  () => sql<{ readonly scope: string; readonly reason: string; readonly count: number }>`select scope, reason, sum(count) as count
    from desist.suppression_count group by scope, reason having sum(count) > 0 order by scope, reason`,
);
