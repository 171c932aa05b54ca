/** The next recipients, with the partition of each. Locks nothing; primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';

export const pagePlacements = statement('page_placements', (db, { after, limit }: Slots<{ after: number; limit: number }>) =>
  db.selectFrom('desist.recipient').select(['id', 'tenant', 'address', 'partition']).where('id', '>', after).orderBy('id').limit(limit),
);
