/** Deletes expired leases of other members and leases of partitions that do not exist. Locks them; reads the table, a row per partition. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';

interface Terms {
  readonly now: number;
  /** The calling member. Its own expired leases are kept, because it renews them next. */
  readonly owner: string;
  readonly partitions: number;
}

export const dropDeadLeases = statement('drop_dead_leases', (db, { now, owner, partitions }: Slots<Terms>) =>
  db
    .deleteFrom('desist.journal_lease')
    .where((eb) => eb.or([eb.and([eb('until', '<', now), eb('owner', '<>', owner)]), eb('partition', '>=', partitions)])),
);
