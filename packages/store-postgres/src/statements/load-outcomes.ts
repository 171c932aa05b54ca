/** What became of commands that were expected and folded. Locks nothing; primary key. */
import { statement } from '@desist/postgres';
import type { Rows } from '@desist/postgres';
import type { CommandOutcome, CommandRef } from '@desist/pipeline';
import { sql } from 'kysely';
import { commandRefs } from './expect-commands.ts';

export const loadOutcomes = statement<Rows<CommandRef>, CommandOutcome>(
  'load_outcomes',
  () => sql`select o.tenant, o.id, o.outcome, o.reason, o.detail, o.changes
    from ${commandRefs.unnest} join desist.command_outcome o on o.tenant = k.tenant and o.id = k.id where o.outcome is not null`,
);
