/** Drops the oldest messages that are kept no longer. Locks them; index message_memory_kept_until. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';

export const dropOldMessages = statement('drop_old_messages', (db, { before, limit }: Slots<{ before: number; limit: number }>) =>
  db
    .deleteFrom('desist.message_memory')
    .where('name', 'in', (eb) =>
      eb.selectFrom('desist.message_memory').select('name').where('kept_until', '<', before).orderBy('kept_until').limit(limit),
    ),
);
