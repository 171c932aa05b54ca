/** Releases leases of a member. Locks their rows; primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';

export const releaseLeases = statement(
  'release_leases',
  (db, { owner, partitions }: Slots<{ owner: string; partitions: readonly number[] }>) =>
    db
      .deleteFrom('desist.journal_lease')
      .where('owner', '=', owner)
      .where(sql<boolean>`partition = any(${partitions}::integer[])`),
);
