/** Keeps what a commit counted until it is added to the rows. Locks nothing. */
import { preparedStatement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';

export const appendPendingRollups = preparedStatement(
  'append_pending_rollups',
  (db, { partition, body }: Slots<{ partition: number; body: string }>) =>
    db.insertInto('desist.rollup_pending').values({ partition, body }),
);
