/** Keeps a change that the log refuses for good, with the reason. Locks its row; primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';

export const parkChange = statement(
  'park_change',
  (db, { partition, sequence, reason }: Slots<{ partition: number; sequence: number; reason: string }>) =>
    db.updateTable('desist.outbox').set({ parked: reason }).where('partition', '=', partition).where('number', '=', sequence),
);
