/** How many recipients of a partition are on the list and published, at least. Locks nothing; primary keys. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';

export const findListedAtLeast = statement(
  'find_listed_at_least',
  // A recipient has at most one suppression of a scope and reason. Numbers of the outbox are dense.
  (_, { partition }: Slots<{ partition: number }>) => sql<{ readonly listed: number }>`
    select greatest(0, coalesce((select max(c.count) from desist.suppression_count c where c.partition = ${partition}::integer), 0)
      - coalesce((select max(o.number) - min(o.number) + 1 from desist.outbox o where o.partition = ${partition}::integer), 0)) as listed`,
);
