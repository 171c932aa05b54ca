/** Stops an audit that waits or runs; no row when there is none. Locks its row; primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { nowMs } from './now-ms.ts';

export const stopAudit = statement('stop_audit', (db, { partition }: Slots<{ partition: number }>) =>
  db
    .updateTable('desist.audit')
    .set({ state: 'stopped', finished_at: nowMs })
    .where('partition', '=', partition)
    .where('state', 'in', ['requested', 'running'])
    .returning('partition'),
);
