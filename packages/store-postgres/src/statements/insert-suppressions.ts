/** Adds suppressions to recipients of this transaction, and counts them. Locks nothing that others wait for; unique index on tenant and address. */
import { bulk, statement } from '@desist/postgres';
import type { Rows } from '@desist/postgres';
import type { SuppressionRow } from '@desist/pipeline';
import { sql } from 'kysely';
import { countSuppressions } from './count-changes.ts';
import type { RecipientRef } from '@desist/domain';

export type SuppressionOf = RecipientRef & SuppressionRow & { readonly updatedAt: number };

const rows = bulk<SuppressionOf>({
  tenant: ['text', (row) => row.tenant],
  address: ['text', (row) => row.address],
  scope: ['text', (row) => row.scope],
  reason: ['text', (row) => row.reason],
  since: ['bigint', (row) => row.since],
  expires_at: ['bigint', (row) => row.expiresAt],
  category: ['text', (row) => row.category],
  rule: ['text', (row) => row.rule],
  reply: ['text', (row) => row.reply],
  first_failure_at: ['bigint', (row) => row.firstFailureAt],
  last_failure_at: ['bigint', (row) => row.lastFailureAt],
  failures: ['integer', (row) => row.failures],
  policy: ['text', (row) => row.policy],
  created_by: ['text', (row) => row.createdBy],
  note: ['text', (row) => row.note],
  source: ['text', (row) => row.source],
  provider: ['text', (row) => row.provider],
  subdomains: ['boolean', (row) => row.subdomains],
  probation_until: ['bigint', (row) => row.probationUntil],
  updated_at: ['bigint', (row) => row.updatedAt],
});

export const insertSuppressions = statement<Rows<SuppressionOf>, never>(
  'insert_suppressions',
  () => sql`with added as (
      select r.id, r.partition, k.* from ${rows.unnest} join desist.recipient r on r.tenant = k.tenant and r.address = k.address),
    written as (
      insert into desist.suppression (recipient_id, scope, reason, since, expires_at, category, rule, reply,
        first_failure_at, last_failure_at, failures, policy, created_by, note, source, provider, subdomains,
        probation_until, updated_at)
      select id, scope, reason, since, expires_at, category, rule, reply,
        first_failure_at, last_failure_at, failures, policy, created_by, note, source, provider, subdomains,
        probation_until, updated_at from added)
    ${countSuppressions(sql`select partition, scope, reason, 1 from added`)}`,
);
