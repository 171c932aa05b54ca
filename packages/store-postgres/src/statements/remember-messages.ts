/** Remembers whom messages went to; a second recipient of one makes it useless. Locks each row, in the order given: by name. Primary key. */
import { bulk, statement } from '@desist/postgres';
import type { MessageMemory, Rows } from '@desist/postgres';
import { sql } from 'kysely';

const rows = bulk<MessageMemory>({
  name: ['text', (row) => row.name],
  mark: ['text', (row) => row.mark],
  sealed: ['text', (row) => row.sealed],
  several: ['boolean', (row) => row.several],
  kept_until: ['bigint', (row) => row.kept_until],
});

export const rememberMessages = statement<Rows<MessageMemory>, never>(
  'remember_messages',
  () => sql`insert into desist.message_memory as m (${rows.names})
    select * from ${rows.unnest}
    on conflict (name) do update set several = m.several or excluded.several or m.mark <> excluded.mark
    where not m.several and (excluded.several or m.mark <> excluded.mark)`,
);
