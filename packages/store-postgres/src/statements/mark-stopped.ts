/** Says why a partition stands still, or that it does not; no row when the owner is another one. Locks the checkpoint by primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import type { Ownership } from '@desist/pipeline';
import { serverStarted } from './claim.ts';
import { now } from './now.ts';

export const markStopped = statement(
  'mark_stopped',
  (db, { partition, epoch, nonce, reason }: Slots<Ownership & { readonly reason: string | null }>) =>
    db
      .updateTable('desist.checkpoint')
      .set({ stopped: reason, updated_at: now })
      .where('partition', '=', partition)
      .where('epoch', '=', epoch)
      .where('nonce', '=', nonce)
      .where('server_started', '=', serverStarted)
      .returning('epoch'),
);
