/**
 * Locks the cursors of a subscriber until the transaction ends; primary key. Whoever locks the subscriber's own row for its end or its resumption
 * locks them first: a delivery locks its cursor, and then the subscriber.
 */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';

export const lockCursors = statement('lock_cursors', (db, { id }: Slots<{ id: string }>) =>
  db.selectFrom('desist.subscriber_cursor').select('partition').where('subscriber_id', '=', id).orderBy('partition').forUpdate(),
);
