/** Drops relayed dead letters. Locks their rows; primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';

export const deleteRelayedDeadLetters = statement(
  'delete_relayed_dead_letters',
  (db, { partition, upTo }: Slots<{ partition: number; upTo: number }>) =>
    db.deleteFrom('desist.dead_letter').where('partition', '=', partition).where('record_offset', '<=', upTo).where('parked', 'is', null),
);
