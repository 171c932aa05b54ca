/** The statements of a commit. Their text is constant; rows go in as arrays. */
import type { AllowanceRow, CommitPlan, DeadLetter, HistoryRow, OutboxRow, RecipientRow, SuppressionRow } from '@desist/pipeline';
import { bulk, HEX, hexOf } from './columns.ts';
import type { Column } from './columns.ts';

/** A row of a table that belongs to a recipient. */
export type OfRecipient<R> = R & { readonly recipientId: number };
/** A row of a table that belongs to a partition. */
export type OfPartition<R> = R & { readonly partition: number };

const recipientColumns: readonly Column<RecipientRow>[] = [
  { name: 'tenant', type: 'text', of: (row) => row.tenant },
  { name: 'address', type: 'text', of: (row) => row.address },
  { name: 'partition', type: 'integer', of: (row) => row.partition },
  { name: 'version', type: 'bigint', of: (row) => row.version },
  { name: 'state', type: 'text', of: (row) => row.state },
  { name: 'tracked', type: 'boolean', of: (row) => row.tracked },
  { name: 'due', type: 'bigint', of: (row) => row.due },
  { name: 'policy', type: 'text', of: (row) => row.policy },
  { name: 'streak_started_at', type: 'bigint', of: (row) => row.streakStartedAt },
  { name: 'last_failure_at', type: 'bigint', of: (row) => row.lastFailureAt },
  { name: 'failures', type: 'integer', of: (row) => row.failures },
  { name: 'messages', type: 'integer', of: (row) => row.messages },
  { name: 'category', type: 'text', of: (row) => row.category },
  { name: 'provider', type: 'text', of: (row) => row.provider },
  { name: 'suppress_at', type: 'bigint', of: (row) => row.suppressAt },
  { name: 'updated_at', type: 'bigint', of: (row) => row.updatedAt },
  { name: 'evidence', type: 'text', of: (row) => row.evidence },
];

const recipients = bulk(recipientColumns);
const overwritten = recipientColumns
  .map(({ name }) => name)
  .filter((name) => !['tenant', 'address', 'partition'].includes(name))
  .map((name) => `${name} = excluded.${name}`)
  .join(', ');

/** A row of another partition stays as it is and is missing from the answer: two owners of one recipient. */
export const upsertRecipients = {
  text: `insert into desist.recipient as r (${recipients.names}) ${recipients.select}
         on conflict (tenant, address) do update set ${overwritten} where r.partition = excluded.partition
         returning r.id, r.tenant, r.address`,
  values: recipients.values,
};

const suppressions = bulk<OfRecipient<SuppressionRow> & { readonly updatedAt: number }>([
  { name: 'recipient_id', type: 'bigint', of: (row) => row.recipientId },
  { name: 'scope', type: 'text', of: (row) => row.scope },
  { name: 'reason', type: 'text', of: (row) => row.reason },
  { name: 'since', type: 'bigint', of: (row) => row.since },
  { name: 'expires_at', type: 'bigint', of: (row) => row.expiresAt },
  { name: 'category', type: 'text', of: (row) => row.category },
  { name: 'rule', type: 'text', of: (row) => row.rule },
  { name: 'reply', type: 'text', of: (row) => row.reply },
  { name: 'first_failure_at', type: 'bigint', of: (row) => row.firstFailureAt },
  { name: 'last_failure_at', type: 'bigint', of: (row) => row.lastFailureAt },
  { name: 'failures', type: 'integer', of: (row) => row.failures },
  { name: 'policy', type: 'text', of: (row) => row.policy },
  { name: 'updated_at', type: 'bigint', of: (row) => row.updatedAt },
]);

export const insertSuppressions = {
  text: `insert into desist.suppression (${suppressions.names}) ${suppressions.select}`,
  values: suppressions.values,
};

const allowances = bulk<OfRecipient<AllowanceRow>>([
  { name: 'recipient_id', type: 'bigint', of: (row) => row.recipientId },
  { name: 'scope', type: 'text', of: (row) => row.scope },
  { name: 'expires_at', type: 'bigint', of: (row) => row.expiresAt },
]);

export const insertAllowances = { text: `insert into desist.allowance (${allowances.names}) ${allowances.select}`, values: allowances.values };

export const deleteHolds = {
  text: `with gone as (delete from desist.suppression where recipient_id = any($1::bigint[]))
         delete from desist.allowance where recipient_id = any($1::bigint[])`,
};

const history = bulk<OfRecipient<HistoryRow>>([
  { name: 'recipient_id', type: 'bigint', of: (row) => row.recipientId },
  { name: 'version', type: 'bigint', of: (row) => row.version },
  { name: 'type', type: 'text', of: (row) => row.type },
  { name: 'effective_at', type: 'bigint', of: (row) => row.effectiveAt },
  { name: 'recorded_at', type: 'bigint', of: (row) => row.recordedAt },
  { name: 'detail', type: 'text', of: (row) => row.detail },
]);

export const insertHistory = { text: `insert into desist.recipient_event (${history.names}) ${history.select}`, values: history.values };

const outbox = bulk<OfPartition<OutboxRow>>([
  { name: 'partition', type: 'integer', of: (row) => row.partition },
  { name: 'number', type: 'bigint', of: (row) => row.number },
  { name: 'key', type: 'text', of: (row) => row.key },
  { name: 'change', type: 'text', of: (row) => row.change },
  { name: 'listed', type: 'boolean', of: (row) => row.value !== undefined },
  { name: 'value', type: 'text', of: (row) => row.value ?? null },
]);

export const insertOutbox = { text: `insert into desist.outbox (${outbox.names}) ${outbox.select}`, values: outbox.values };

const deadLetters = bulk<OfPartition<DeadLetter>>([
  { name: 'partition', type: 'integer', of: (row) => row.partition },
  { name: 'position', type: 'bigint', of: (row) => row.offset },
  { name: 'key', type: 'text', as: HEX, of: (row) => hexOf(row.key) },
  { name: 'value', type: 'text', as: HEX, of: (row) => hexOf(row.value) },
  { name: 'reason', type: 'text', of: (row) => row.reason },
  { name: 'detail', type: 'text', of: (row) => row.detail },
]);

export const insertDeadLetters = {
  text: `insert into desist.dead_letter (${deadLetters.names}) ${deadLetters.select}`,
  values: deadLetters.values,
};

const clockMoves = bulk<OfPartition<CommitPlan['clockMoves'][number]>>([
  { name: 'partition', type: 'integer', of: (row) => row.partition },
  { name: 'before_offset', type: 'bigint', of: (row) => row.beforeOffset },
  { name: 'clock', type: 'bigint', of: (row) => row.clock },
]);

export const insertClockMoves = {
  text: `insert into desist.clock_move (${clockMoves.names}) ${clockMoves.select} on conflict do nothing`,
  values: clockMoves.values,
};

const keys = bulk<{ readonly tenant: string; readonly address: string }>([
  { name: 'tenant', type: 'text', of: (row) => row.tenant },
  { name: 'address', type: 'text', of: (row) => row.address },
]);

export const deleteRecipients = {
  text: `delete from desist.recipient where (tenant, address) in (${keys.select}) and partition = $3`,
  values: keys.values,
};

export const loadRecipients = {
  text: `select r.tenant, r.address, r.partition, r.version, r.evidence
           from unnest($1::text[], $2::text[]) as sent (tenant, address)
           join desist.recipient r on r.tenant = sent.tenant and r.address = sent.address`,
  values: keys.values,
};
