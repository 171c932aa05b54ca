/** Deletes all allowances of these recipients, and counts them off. Locks them, behind the recipients' rows; primary key. */
import { statement } from '@desist/postgres';
import type { Rows } from '@desist/postgres';
import { sql } from 'kysely';
import { countAllowances } from './count-changes.ts';
import { keys } from './keys.ts';
import type { RecipientRef } from '@desist/domain';

export const deleteAllowances = statement<Rows<RecipientRef>, never>(
  'delete_allowances',
  () => sql`with gone as (
      delete from desist.allowance s using ${keys.unnest}
      join desist.recipient r on r.tenant = k.tenant and r.address = k.address where s.recipient_id = r.id
      returning r.partition, s.scope)
    ${countAllowances(sql`select partition, scope, -1 from gone`)}`,
);
