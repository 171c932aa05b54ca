/** Deletes what is pending of a partition, for it is added to the rows; a row for each. Locks it, behind the checkpoint; primary key. */
import { preparedStatement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';

export const deletePendingRollups = preparedStatement('delete_pending_rollups', (db, { partition }: Slots<{ partition: number }>) =>
  db.deleteFrom('desist.rollup_pending').where('partition', '=', partition).returning('id'),
);
