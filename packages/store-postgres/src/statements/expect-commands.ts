/** Makes room for the outcomes of commands. Locks each row, in the order given; primary key. */
import { bulk, statement } from '@desist/postgres';
import type { Rows } from '@desist/postgres';
import type { CommandRef } from '@desist/pipeline';
import { sql } from 'kysely';
import { nowMs } from './now-ms.ts';

export const commandRefs = bulk<CommandRef>({
  tenant: ['text', ({ tenant }) => tenant],
  id: ['text', ({ id }) => id],
});

export const expectCommands = statement<Rows<CommandRef>, never>(
  'expect_commands',
  () => sql`insert into desist.command_outcome (tenant, id, at)
    select k.tenant, k.id, ${nowMs} from ${commandRefs.unnest}
    on conflict (tenant, id) do update set outcome = null, reason = null, detail = null, changes = 0, at = excluded.at`,
);
