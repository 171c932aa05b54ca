/** The last audit of each partition. Locks nothing; reads the table, which has a row per partition. */
import { statement } from '@desist/postgres';
import type { Audit } from '@desist/pipeline';
import { AUDIT_COLUMNS } from './audit-columns.ts';

export const listAudits = statement('list_audits', (db) =>
  db.selectFrom('desist.audit').select(AUDIT_COLUMNS).orderBy('partition').$narrowType<Pick<Audit, 'reason' | 'state'>>(),
);
