/** Recipients that are looked at, by state, as the commits counted them. Locks nothing; a row for each partition and state. */
import { statement } from '@desist/postgres';
import type { RecipientStateName } from '@desist/domain';
import { sql } from 'kysely';

export const sumStates = statement(
  'sum_states',
  () => sql<{ readonly state: RecipientStateName; readonly count: number }>`select state, sum(count) as count
    from desist.recipient_count group by state having sum(count) > 0 order by state`,
);
