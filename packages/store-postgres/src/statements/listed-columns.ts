/** A recipient as an audit compares it: what is active of it, and whether a change of it waits in the outbox. Of a recipient `r`. */
import { sql } from 'kysely';
import type { RawBuilder } from 'kysely';

export const LISTED_COLUMNS = sql`
  (select coalesce(json_agg(json_build_object('scope', s.scope, 'reason', s.reason, 'since', s.since, 'expiresAt', s.expires_at,
       'subdomains', s.subdomains)), '[]')
     from desist.suppression s where s.recipient_id = r.id) as suppressions,
  (select coalesce(json_agg(json_build_object('scope', a.scope, 'expiresAt', a.expires_at)), '[]')
     from desist.allowance a where a.recipient_id = r.id) as allowed`;

/** Not correlated, so that the outbox of the partition is read once for a page. */
export function isPending(key: RawBuilder<unknown>, partition: RawBuilder<number>): RawBuilder<boolean> {
  return sql<boolean>`${key} in (select o.key from desist.outbox o where o.partition = ${partition} and o.lists and o.parked is null)`;
}
