/** Writes entries of the audit trail; a row with the id of each. */
import { bulk, statement } from '@desist/postgres';
import type { Rows } from '@desist/postgres';
import type { NewAuditEntry } from '@desist/pipeline';
import { sql } from 'kysely';

const entries = bulk<NewAuditEntry>({
  at: ['bigint', ({ at }) => at],
  action: ['text', ({ action }) => action],
  tenant: ['text', ({ tenant }) => tenant],
  key_id: ['text', ({ keyId }) => keyId],
  key_name: ['text', ({ keyName }) => keyName],
  key_of_tenant: ['boolean', ({ keyOfTenant }) => keyOfTenant],
  by: ['text', ({ by }) => by],
  origin: ['text', ({ from }) => from],
  address: ['text', ({ address }) => address],
  target: ['text', ({ target }) => target],
  outcome: ['text', ({ outcome }) => outcome],
  note: ['text', ({ note }) => note],
  detail: ['json', ({ detail }) => JSON.stringify(detail)],
});

export const noteAudit = statement<Rows<NewAuditEntry>, { readonly id: number }>(
  'note_audit',
  () => sql`insert into desist.audit_entry (${entries.names}) select ${entries.names} from ${entries.unnest} returning id`,
);
