/** A page of the recipients that a task must look at. Locks nothing; index recipient_tracked. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';

interface Page {
  readonly partition: number;
  readonly after: number;
  readonly limit: number;
}

export const pageTracked = statement('page_tracked', (db, { partition, after, limit }: Slots<Page>) =>
  db
    .selectFrom('desist.recipient')
    .select(['id', 'tenant', 'address', 'due', 'policy', 'shadow_policy as shadowPolicy'])
    .where(sql<boolean>`tracked`)
    .where('partition', '=', partition)
    .where('id', '>', after)
    .orderBy('id')
    .limit(limit),
);
