/** What is pending of a partition, in order. Locks nothing; primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';

export const loadPendingRollups = statement('load_pending_rollups', (db, { partition }: Slots<{ partition: number }>) =>
  db.selectFrom('desist.rollup_pending').select('body').where('partition', '=', partition).orderBy('id'),
);
