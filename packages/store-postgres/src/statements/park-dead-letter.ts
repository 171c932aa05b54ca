/** Keeps a dead letter that the log refuses for good, with the reason. Locks its row; primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';

export const parkDeadLetter = statement(
  'park_dead_letter',
  (db, { partition, offset, reason }: Slots<{ partition: number; offset: number; reason: string }>) =>
    db.updateTable('desist.dead_letter').set({ parked: reason }).where('partition', '=', partition).where('record_offset', '=', offset),
);
