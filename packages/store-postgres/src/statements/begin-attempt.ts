/** Counts an attempt; no row when the owner is another one. Locks the checkpoint by primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import type { Ownership } from '@desist/pipeline';
import { serverStarted } from './claim.ts';
import { now } from './now.ts';

export const beginAttempt = statement('begin_attempt', (db, { partition, epoch, nonce }: Slots<Ownership>) =>
  db
    .updateTable('desist.checkpoint')
    .set((eb) => ({ attempts: eb('attempts', '+', eb.lit(1)), updated_at: now }))
    .where('partition', '=', partition)
    .where('epoch', '=', epoch)
    .where('nonce', '=', nonce)
    .where('server_started', '=', serverStarted)
    .returning('attempts'),
);
