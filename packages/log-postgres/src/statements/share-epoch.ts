/**
 * Ensures that this owner keeps the source partition until the commit; returns no row if it does not own it. Locks the checkpoint for share,
 * by primary key.
 */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import type { Ownership } from '@desist/pipeline';
import { sql } from 'kysely';

export const shareEpoch = statement('share_epoch', (db, { partition, epoch, nonce }: Slots<Ownership>) =>
  db
    .selectFrom('desist.checkpoint')
    .select('epoch')
    .where('partition', '=', partition)
    .where('epoch', '=', epoch)
    .where('nonce', '=', nonce)
    .where(sql<boolean>`server_started = pg_postmaster_start_time()`)
    .forShare(),
);
