/** The incarnation under which a partition was claimed. Locks the checkpoint by primary key, which the claim has locked before. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';

export const setIncarnation = statement(
  'set_incarnation',
  (db, { partition, incarnation }: Slots<{ partition: number; incarnation: number }>) =>
    db.updateTable('desist.checkpoint').set({ incarnation }).where('partition', '=', partition),
);
