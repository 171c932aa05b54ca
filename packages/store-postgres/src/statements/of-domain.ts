/** The address is at this domain; null: at any domain. */
import { sql } from 'kysely';
import type { RawBuilder } from 'kysely';

export function ofDomain(domain: RawBuilder<string | null>): RawBuilder<boolean> {
  return sql<boolean>`(${domain}::text is null or split_part(address, '@', -1) = ${domain})`;
}
