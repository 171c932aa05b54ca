/** Deletes what a partition counted for contrast. Locks its rows; primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';

export const deleteBaseline = statement('delete_baseline', (db, { partition }: Slots<{ partition: number }>) =>
  db.deleteFrom('desist.contrast').where('partition', '=', partition),
);
