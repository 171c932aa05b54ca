/** Says what became of entries of the audit trail. Locks the rows; primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import type { AuditOutcomeName } from '@desist/pipeline';
import { sql } from 'kysely';

interface Settled {
  readonly ids: readonly number[];
  readonly outcome: AuditOutcomeName;
  /** Null: all of them. */
  readonly targets: readonly string[] | null;
}

export const settleAudit = statement(
  'settle_audit',
  (_, { ids, outcome, targets }: Slots<Settled>) => sql<never>`
    update desist.audit_entry set outcome = ${outcome}
    where id = any(${ids}::bigint[]) and (${targets}::text[] is null or target = any(${targets}::text[]))`,
);
