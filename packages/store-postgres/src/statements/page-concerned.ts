/**
 * A page of the tracked recipients of a partition, and of each whether an incident may concern it. The limit bounds what is read and not
 * what is found, so that no page takes longer than another. Locks nothing; index recipient_tracked.
 */
import type { Tenant } from '@desist/domain';
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';
import { ofDomain } from './of-domain.ts';

interface Page {
  readonly partition: number;
  readonly after: number;
  readonly since: number;
  readonly tenant: Tenant | null;
  readonly domain: string | null;
  readonly mention: string | null;
  readonly limit: number;
}

export const pageConcerned = statement('page_concerned', (db, { partition, after, since, tenant, domain, mention, limit }: Slots<Page>) =>
  db
    .selectFrom('desist.recipient')
    .select(['id', 'tenant', 'address'])
    .select(
      sql<boolean>`updated_at >= ${since}::bigint and (${tenant}::text is null or tenant = ${tenant})
        and ${ofDomain(domain)} and (${mention}::text is null or position(${mention} in evidence) > 0)`.as('concerned'),
    )
    .where(sql<boolean>`tracked`)
    // Not as two conditions: only recipient_tracked has this order, and by any other index a page might read the whole table.
    .where(sql<boolean>`(partition, id) > (${partition}::integer, ${after}::bigint)`)
    .where('partition', '<=', partition)
    .orderBy('partition')
    .orderBy('id')
    .limit(limit),
);
