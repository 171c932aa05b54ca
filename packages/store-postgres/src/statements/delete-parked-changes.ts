/** Deletes the changes of an erased recipient that the log refuses for good. Locks them; index outbox_parked. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';

export const deleteParkedChanges = statement(
  'delete_parked_changes',
  (db, { partition, key, sequence }: Slots<{ partition: number; key: string; sequence: number }>) =>
    db
      .deleteFrom('desist.outbox')
      .where('parked', 'is not', null)
      .where('partition', '=', partition)
      .where('key', '=', key)
      .where('number', '<=', sequence),
);
