/** Lets the secrets of a subscriber end after `overlap` ms, unless they end sooner. Locks them; primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';
import { nowMs } from './now-ms.ts';

export const retireSecrets = statement('retire_secrets', (db, { id, overlap }: Slots<{ id: string; overlap: number }>) =>
  db
    .updateTable('desist.subscriber_secret')
    .set({ expires_at: sql<number>`least(expires_at, ${nowMs} + ${overlap}::bigint)` })
    .where('subscriber_id', '=', id),
);
