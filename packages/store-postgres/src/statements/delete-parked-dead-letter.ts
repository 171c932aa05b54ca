/** Deletes a dead letter that the log refuses for good. Locks it; primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';

export const deleteParkedDeadLetter = statement(
  'delete_parked_dead_letter',
  (db, { partition, offset }: Slots<{ partition: number; offset: number }>) =>
    db
      .deleteFrom('desist.dead_letter')
      .where('parked', 'is not', null)
      .where('partition', '=', partition)
      .where('record_offset', '=', offset),
);
