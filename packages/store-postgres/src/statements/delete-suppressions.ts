/** Deletes all suppressions of these recipients, and counts them off. Locks them, behind the recipients' rows; primary key. */
import { statement } from '@desist/postgres';
import type { Rows } from '@desist/postgres';
import { sql } from 'kysely';
import { countSuppressions } from './count-changes.ts';
import { keys } from './keys.ts';
import type { RecipientRef } from '@desist/domain';

export const deleteSuppressions = statement<Rows<RecipientRef>, never>(
  'delete_suppressions',
  () => sql`with gone as (
      delete from desist.suppression s using ${keys.unnest}
      join desist.recipient r on r.tenant = k.tenant and r.address = k.address where s.recipient_id = r.id
      returning r.partition, s.scope, s.reason)
    ${countSuppressions(sql`select partition, scope, reason, -1 from gone`)}`,
);
