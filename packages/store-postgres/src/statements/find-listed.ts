/** These recipients with what is active of each, known or not, in one snapshot. Locks nothing; unique index on tenant and address. */
import { bulk, statement } from '@desist/postgres';
import type { Rows, Slots } from '@desist/postgres';
import type { RecipientRef } from '@desist/domain';
import type { ListedRecipient } from '@desist/pipeline';
import { sql } from 'kysely';
import { isPending, LISTED_COLUMNS } from './listed-columns.ts';

export type Placed = RecipientRef & { readonly place: number };

const rows = bulk<Placed>({
  place: ['integer', ({ place }) => place],
  tenant: ['text', ({ tenant }) => tenant],
  address: ['text', ({ address }) => address],
});

export const findListed = statement(
  'find_listed',
  (_, { partition }: Slots<Rows<Placed> & { readonly partition: number }>) => sql<ListedRecipient>`
    select k.tenant, k.address, r.partition, coalesce(r.version, 0) as version,
      ${isPending(sql`k.tenant || '/' || k.address`, sql`${partition}::integer`)} as pending, ${LISTED_COLUMNS}
    from ${rows.unnest} left join desist.recipient r on r.tenant = k.tenant and r.address = k.address
    order by k.place`,
);
