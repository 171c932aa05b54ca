/**
 * A page of the tracked recipients of a partition, with what is active of each. All that are on the list are tracked. The limit bounds what
 * is read and not what is found. Locks nothing; index recipient_tracked, then primary keys.
 */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import type { ListedRecipient } from '@desist/pipeline';
import { sql } from 'kysely';
import { isPending, LISTED_COLUMNS } from './listed-columns.ts';

interface Page {
  readonly partition: number;
  readonly after: number;
  readonly limit: number;
}

export const pageListed = statement(
  'page_listed',
  (_, { partition, after, limit }: Slots<Page>) => sql<ListedRecipient & { readonly id: number }>`
    select r.id, r.tenant, r.address, r.partition, r.version, ${isPending(sql`r.tenant || '/' || r.address`, partition)} as pending, ${LISTED_COLUMNS}
    from (select id, tenant, address, partition, version from desist.recipient
           where tracked and (partition, id) > (${partition}::integer, ${after}::bigint) and partition <= ${partition}
           order by partition, id limit ${limit}) as r
    order by r.id`,
);
