/** Events, changes and regret by type since the start of an hour (ms). Reads the roll-ups of that time; primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';

export interface TypeSum {
  readonly family: 'events' | 'changes' | 'regret';
  readonly type: string;
  readonly count: number;
}

export const sumLastHours = statement(
  'sum_last_hours',
  (_, { since }: Slots<{ since: number }>) => sql<TypeSum>`select family, type, sum(events)::bigint as count from desist.rollup_hour
    where family in ('events', 'changes', 'regret') and at >= ${since}::bigint group by family, type order by family, type`,
);
