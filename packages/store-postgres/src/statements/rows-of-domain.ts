/**
 * The rows of a domain, in the order of its index. Not as two conditions: only recipient_domain has this order, and by any other index a
 * limited read might pass over the whole table.
 */
import { sql } from 'kysely';
import type { RawBuilder } from 'kysely';

export function rowsOfDomain(domain: RawBuilder<string>): RawBuilder<unknown> {
  return sql`desist.recipient where (split_part(address, '@', 2), id) > (${domain}, 0) and split_part(address, '@', 2) <= ${domain}
    order by split_part(address, '@', 2), id`;
}
