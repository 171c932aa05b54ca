/** Drops relayed changes. Locks their rows; primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';

export const deleteRelayedChanges = statement(
  'delete_relayed_changes',
  (db, { partition, upTo }: Slots<{ partition: number; upTo: number }>) =>
    db.deleteFrom('desist.outbox').where('partition', '=', partition).where('number', '<=', upTo).where('parked', 'is', null),
);
