/** Takes a recipient out of the audit trail; a row for each entry. Locks them; index audit_entry_address. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';

export const eraseAudit = statement(
  'erase_audit',
  (_, { tenant, address }: Slots<{ tenant: string; address: string }>) => sql<{ readonly id: number }>`
    update desist.audit_entry set address = null, target = null, note = null, erased = true,
      by = case when position(${address} in lower(by)) > 0 then null else by end
    where address = ${address} and tenant = ${tenant} returning id`,
);
