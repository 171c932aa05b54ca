/** A page of recipients whose evidence an incident may concern, of all partitions, up to an id. Locks nothing; primary key, then a filter. */
import type { Tenant } from '@desist/domain';
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';
import { ofDomain } from './of-domain.ts';

interface Page {
  readonly after: number;
  readonly upTo: number;
  readonly since: number;
  readonly tenant: Tenant | null;
  readonly domain: string | null;
  readonly mention: string | null;
  readonly limit: number;
}

export const pageEvidence = statement('page_evidence', (db, { after, upTo, since, tenant, domain, mention, limit }: Slots<Page>) =>
  db
    .selectFrom('desist.recipient')
    .select(['id', 'tenant', 'address', 'partition', 'version', 'evidence'])
    .where(sql<boolean>`tracked`)
    .where('id', '>', after)
    .where('id', '<=', upTo)
    .where('updated_at', '>=', since)
    .where(sql<boolean>`(${tenant}::text is null or tenant = ${tenant})`)
    .where(ofDomain(domain))
    .where(sql<boolean>`(${mention}::text is null or position(${mention} in evidence) > 0)`)
    .orderBy('id')
    .limit(limit),
);
