/** Adds replies that refuse tries for the sender's fault. Locks each row, behind the checkpoint: nobody else writes them. Primary key. */
import { bulk, preparedStatement } from '@desist/postgres';
import type { Rows, Slots } from '@desist/postgres';
import type { SenderReplyRow } from '@desist/pipeline';
import { sql } from 'kysely';

const rows = bulk<SenderReplyRow>({
  tenant: ['text', (row) => row.tenant],
  provider: ['text', (row) => row.provider],
  at: ['bigint', (row) => row.at],
  pool: ['text', (row) => row.pool],
  category: ['text', (row) => row.category],
  code: ['text', (row) => row.code],
  events: ['bigint', (row) => row.events],
  recipients: ['integer', (row) => row.recipients],
  reply: ['text', (row) => row.reply],
});

export const addSenderReplies = preparedStatement(
  'add_sender_replies',
  (
    _,
    { partition }: Slots<Rows<SenderReplyRow> & { readonly partition: number }>,
  ) => sql<never>`insert into desist.sender_reply as r (partition, ${rows.names})
    select ${partition}::integer, k.* from ${rows.unnest}
    on conflict (tenant, provider, at, pool, category, code, partition) do update
    set events = r.events + excluded.events, recipients = r.recipients | excluded.recipients, reply = coalesce(r.reply, excluded.reply)`,
);
