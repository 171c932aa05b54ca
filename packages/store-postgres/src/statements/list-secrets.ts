/** The secrets of a subscriber that are valid now, the latest first. Locks nothing; primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';
import { nowMs } from './now-ms.ts';

export const listSecrets = statement('list_secrets', (db, { id }: Slots<{ id: string }>) =>
  db
    .selectFrom('desist.subscriber_secret')
    .select('secret')
    .where('subscriber_id', '=', id)
    .where(sql<boolean>`(expires_at is null or expires_at > ${nowMs})`)
    .orderBy('number', 'desc'),
);
