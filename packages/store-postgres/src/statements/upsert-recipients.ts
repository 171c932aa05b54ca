/**
 * The new content of recipients' rows. Locks each row, in the order given: all who write them sort by tenant and address. Unique index
 * on tenant and address; of the indexed columns only `tracked`, `state`, `suppress_at`, `probation_until` and `shadow_differs` change, so that most updates stay HOT. Counts what is looked at now and was not before.
 */
import { bulk, preparedStatement } from '@desist/postgres';
import type { Rows } from '@desist/postgres';
import type { RecipientRow } from '@desist/pipeline';
import { sql } from 'kysely';
import { countDeadlines, countRecipients, countShadow } from './count-changes.ts';

const rows = bulk<RecipientRow>({
  tenant: ['text', (row) => row.tenant],
  address: ['text', (row) => row.address],
  partition: ['integer', (row) => row.partition],
  version: ['bigint', (row) => row.version],
  tracked: ['boolean', (row) => row.tracked],
  state: ['text', (row) => row.state],
  due: ['bigint', (row) => row.due],
  policy: ['text', (row) => row.policy],
  streak_started_at: ['bigint', (row) => row.streakStartedAt],
  last_failure_at: ['bigint', (row) => row.lastFailureAt],
  failures: ['integer', (row) => row.failures],
  messages: ['integer', (row) => row.messages],
  category: ['text', (row) => row.category],
  provider: ['text', (row) => row.provider],
  suppress_at: ['bigint', (row) => row.suppressAt],
  probation_until: ['bigint', (row) => row.probationUntil],
  evidence: ['json', (row) => row.evidence],
  updated_at: ['bigint', (row) => row.updatedAt],
  shadow: ['text', (row) => row.shadow?.text ?? null],
  shadow_policy: ['text', (row) => row.shadow?.policy ?? null],
  shadow_state: ['text', (row) => row.shadow?.state ?? null],
  shadow_scope: ['text', (row) => row.shadow?.suppression?.scope ?? null],
  shadow_reason: ['text', (row) => row.shadow?.suppression?.reason ?? null],
  shadow_since: ['bigint', (row) => row.shadow?.suppression?.since ?? null],
  shadow_expires_at: ['bigint', (row) => row.shadow?.suppression?.expiresAt ?? null],
  shadow_differs: ['boolean', (row) => row.shadow?.differs ?? false],
});

export const upsertRecipients = preparedStatement<Rows<RecipientRow>, never>(
  'upsert_recipients',
  () => sql`with k as (select * from ${rows.unnest}),
    before as (
      select r.partition, r.state, r.suppress_at, r.shadow_state from k join desist.recipient r on r.tenant = k.tenant and r.address = k.address
      where r.tracked and r.partition = k.partition),
    written as (
      insert into desist.recipient as r (${rows.names})
      select * from k
      on conflict (tenant, address) do update set ${rows.updates(['tenant', 'address', 'partition'])}
      -- A row belongs to one partition for ever: whatever another one's task believes, it does not take it over.
      where r.partition = excluded.partition
      returning r.partition, r.state, r.suppress_at, r.tracked, r.shadow_state),
    shadows as (${countShadow(sql`select partition, state, shadow_state, -1 from before union all select partition, state, shadow_state, 1 from written where tracked`)}),
    deadlines as (${countDeadlines(sql`select partition, suppress_at, -1 from before union all select partition, suppress_at, 1 from written where tracked`)})
    ${countRecipients(sql`select partition, state, -1 from before union all select partition, state, 1 from written where tracked`)}`,
);
