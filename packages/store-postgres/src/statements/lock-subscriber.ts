/** The state of a subscriber. Locks its row until the transaction ends; primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';

export const lockSubscriber = statement('lock_subscriber', (db, { id }: Slots<{ id: string }>) =>
  db.selectFrom('desist.subscriber').select('state').where('id', '=', id).forUpdate(),
);
