/** Drops some of the entries of the audit trail from before a moment; a row for each. Locks them; index audit_entry_at. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';

export const dropOldAudit = statement(
  'drop_old_audit',
  (_, { before, limit }: Slots<{ before: number; limit: number }>) => sql<{ readonly dropped: number }>`
    delete from desist.audit_entry e using (select id from desist.audit_entry where at < ${before}::bigint limit ${limit}) old
    where e.id = old.id returning 1 as dropped`,
);
