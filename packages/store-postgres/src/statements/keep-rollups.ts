/**
 * Makes the partitions of the next months and drops those whose retention is over. Locks a parent table only when it changes something, and
 * gives up (-1) when somebody else holds it or this user may not; the next call tries again.
 */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';

export const keepRollups = statement(
  'keep_rollups',
  (_, { present }: Slots<{ present: number }>) => sql<{ readonly done: number }>`select desist.keep_rollups(${present}::bigint) as done`,
);
