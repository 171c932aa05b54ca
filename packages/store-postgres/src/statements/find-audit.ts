/** The last audit of a partition. Locks nothing; primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import type { Audit } from '@desist/pipeline';
import { AUDIT_COLUMNS } from './audit-columns.ts';

export const findAudit = statement('find_audit', (db, { partition }: Slots<{ partition: number }>) =>
  db.selectFrom('desist.audit').select(AUDIT_COLUMNS).where('partition', '=', partition).$narrowType<Pick<Audit, 'reason' | 'state'>>(),
);
