/** Makes sure that a partition stays this owner's until the commit; no row when it is not. Locks the checkpoint for share, by primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import type { Ownership } from '@desist/pipeline';
import { serverStarted } from './claim.ts';

export const shareCheckpoint = statement('share_checkpoint', (db, { partition, epoch, nonce }: Slots<Ownership>) =>
  db
    .selectFrom('desist.checkpoint')
    .select('epoch')
    .where('partition', '=', partition)
    .where('epoch', '=', epoch)
    .where('nonce', '=', nonce)
    .where('server_started', '=', serverStarted)
    .forShare(),
);
