/** Says that the topics of a partition say what its tables say; no row when the owner is another one. Locks the checkpoint by primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import type { Ownership } from '@desist/pipeline';
import { serverStarted } from './claim.ts';
import { now } from './now.ts';

export const markAudited = statement(
  'mark_audited',
  (db, { partition, epoch, nonce, incarnation }: Slots<Ownership & { readonly incarnation: number }>) =>
    db
      .updateTable('desist.checkpoint')
      .set({ audited_incarnation: incarnation, updated_at: now })
      .where('partition', '=', partition)
      .where('epoch', '=', epoch)
      .where('nonce', '=', nonce)
      .where('server_started', '=', serverStarted)
      .returning('epoch'),
);
