/** Makes a subscriber active. Locks its row; primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';
import { nowMs } from './now-ms.ts';

export const activateSubscriber = statement('activate_subscriber', (db, { id }: Slots<{ id: string }>) =>
  db
    .updateTable('desist.subscriber')
    .set({
      state: 'active',
      reason: null,
      problem: null,
      changed_at: sql<number>`case when state = 'active' then changed_at else ${nowMs} end`,
    })
    .where('id', '=', id),
);
