/** Notes what became of commands that somebody waits for; of others, nothing. Locks the rows found; primary key. */
import { bulk, statement } from '@desist/postgres';
import type { Rows } from '@desist/postgres';
import type { CommandOutcome } from '@desist/pipeline';
import { sql } from 'kysely';

const rows = bulk<CommandOutcome>({
  tenant: ['text', (row) => row.tenant],
  id: ['text', (row) => row.id],
  outcome: ['text', (row) => row.outcome],
  reason: ['text', (row) => row.reason],
  detail: ['text', (row) => row.detail],
  changes: ['integer', (row) => row.changes],
});

export const noteOutcomes = statement<Rows<CommandOutcome>, never>(
  'note_outcomes',
  () => sql`update desist.command_outcome o set outcome = k.outcome, reason = k.reason, detail = k.detail, changes = k.changes
    from ${rows.unnest} where o.tenant = k.tenant and o.id = k.id`,
);
