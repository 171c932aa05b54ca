/** Pauses or ends an active subscriber; no row when none is active. Locks its row; primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import type { SubscriberReason, SubscriberState } from '@desist/pipeline';
import { nowMs } from './now-ms.ts';

interface Stopped {
  readonly id: string;
  readonly state: SubscriberState;
  readonly reason: SubscriberReason;
  readonly problem: string | null;
}

export const stopSubscriber = statement('stop_subscriber', (db, { id, state, reason, problem }: Slots<Stopped>) =>
  db
    .updateTable('desist.subscriber')
    .set({ state, reason, problem, changed_at: nowMs })
    .where('id', '=', id)
    .where('state', '=', 'active')
    .returning('id'),
);
