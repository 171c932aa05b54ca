/** Where a partition stands, before an operator lets it go on. Locks the checkpoint for an update, by primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';

export const lockCheckpoint = statement('lock_checkpoint', (db, { partition }: Slots<{ partition: number }>) =>
  db.selectFrom('desist.checkpoint').select(['next_offset as nextOffset', 'stopped']).where('partition', '=', partition).forUpdate(),
);
