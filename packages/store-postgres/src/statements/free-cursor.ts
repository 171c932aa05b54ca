/** Ends the lease of a cursor; no row for a cursor that was claimed by somebody else since. Locks it; primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';

interface Freed {
  readonly id: string;
  readonly partition: number;
  readonly fence: number;
}

export const freeCursor = statement('free_cursor', (db, { id, partition, fence }: Slots<Freed>) =>
  db
    .updateTable('desist.subscriber_cursor')
    .set({ leased_until: null })
    .where('subscriber_id', '=', id)
    .where('partition', '=', partition)
    .where('fence', '=', fence)
    .returning('partition'),
);
