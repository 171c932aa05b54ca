/** Says what became of entries of the audit trail. Locks the rows; primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import type { AuditOutcomeName } from '@desist/pipeline';
import { sql } from 'kysely';

interface Settled {
  readonly ids: readonly number[];
  readonly outcome: AuditOutcomeName;
}

export const settleAudit = statement(
  'settle_audit',
  (_, { ids, outcome }: Slots<Settled>) => sql<never>`
    update desist.audit_entry set outcome = ${outcome} where id = any(${ids}::bigint[])`,
);
