/** Adds allowances to recipients of this transaction, and counts them. Locks nothing that others wait for; unique index on tenant and address. */
import { bulk, statement } from '@desist/postgres';
import type { Rows } from '@desist/postgres';
import type { AllowanceRow } from '@desist/pipeline';
import { sql } from 'kysely';
import type { RecipientRef } from '@desist/domain';
import { countAllowances } from './count-changes.ts';

export type AllowanceOf = RecipientRef & AllowanceRow;

const rows = bulk<AllowanceOf>({
  tenant: ['text', (row) => row.tenant],
  address: ['text', (row) => row.address],
  scope: ['text', (row) => row.scope],
  expires_at: ['bigint', (row) => row.expiresAt],
});

export const insertAllowances = statement<Rows<AllowanceOf>, never>(
  'insert_allowances',
  () => sql`with added as (
      select r.id, r.partition, k.scope, k.expires_at from ${rows.unnest} join desist.recipient r on r.tenant = k.tenant and r.address = k.address),
    written as (insert into desist.allowance (recipient_id, scope, expires_at) select id, scope, expires_at from added)
    ${countAllowances(sql`select partition, scope, 1 from added`)}`,
);
