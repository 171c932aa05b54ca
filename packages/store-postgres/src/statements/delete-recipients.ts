/** Deletes recipients with their suppressions, allowances and history, and counts them off. Locks the rows; unique index on tenant and address. */
import { statement } from '@desist/postgres';
import type { Rows } from '@desist/postgres';
import { sql } from 'kysely';
import { countAllowances, countDeadlines, countRecipients, countShadow, countSuppressions } from './count-changes.ts';
import { keys } from './keys.ts';
import type { RecipientRef } from '@desist/domain';

export const deleteRecipients = statement<Rows<RecipientRef>, never>(
  'delete_recipients',
  () => sql`with gone as (
      delete from desist.recipient r using ${keys.unnest} where r.tenant = k.tenant and r.address = k.address
      returning r.id, r.partition, r.state, r.suppress_at, r.tracked, r.shadow_state),
    -- They are still seen here: a trigger deletes them when the statement ends.
    suppressions as (select g.partition, s.scope, s.reason from gone g join desist.suppression s on s.recipient_id = g.id),
    allowances as (select g.partition, a.scope from gone g join desist.allowance a on a.recipient_id = g.id),
    shadows as (${countShadow(sql`select partition, state, shadow_state, -1 from gone where tracked`)}),
    deadlines as (${countDeadlines(sql`select partition, suppress_at, -1 from gone where tracked`)}),
    allowed as (${countAllowances(sql`select partition, scope, -1 from allowances`)}),
    counted as (${countSuppressions(sql`select partition, scope, reason, -1 from suppressions`)})
    ${countRecipients(sql`select partition, state, -1 from gone where tracked`)}`,
);
