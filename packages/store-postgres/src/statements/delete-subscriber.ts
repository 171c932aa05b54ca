/** Removes a subscriber with its secrets, cursors and tries; no row when there is none. Locks them; primary keys. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';

export const deleteSubscriber = statement('delete_subscriber', (db, { id }: Slots<{ id: string }>) =>
  db.deleteFrom('desist.subscriber').where('id', '=', id).returning('id'),
);
