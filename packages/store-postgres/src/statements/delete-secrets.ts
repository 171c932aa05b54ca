/** Deletes the secrets of a subscriber that are over, and all but the latest `kept`. Locks them; primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';
import { nowMs } from './now-ms.ts';

export const deleteSecrets = statement('delete_secrets', (db, { id, kept }: Slots<{ id: string; kept: number }>) =>
  db
    .deleteFrom('desist.subscriber_secret')
    .where('subscriber_id', '=', id)
    .where(
      sql<boolean>`(expires_at <= ${nowMs} or number <= (select max(number) - ${kept}::integer from desist.subscriber_secret where subscriber_id = ${id}))`,
    ),
);
