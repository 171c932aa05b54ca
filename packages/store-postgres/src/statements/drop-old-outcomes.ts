/** Drops some of the outcomes of commands that were expected before a moment; a row for each. Locks them; index command_outcome_at. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';

export const dropOldOutcomes = statement(
  'drop_old_outcomes',
  (_, { before, limit }: Slots<{ before: number; limit: number }>) => sql<{ readonly dropped: number }>`
    delete from desist.command_outcome o
    using (select tenant, id from desist.command_outcome where at < ${before}::bigint limit ${limit}) old
    where o.tenant = old.tenant and o.id = old.id returning 1 as dropped`,
);
