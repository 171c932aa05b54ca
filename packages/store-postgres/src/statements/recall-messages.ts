/** Messages that went to one recipient and are kept still. Locks nothing; primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';

export const recallMessages = statement('recall_messages', (db, { names, now }: Slots<{ names: readonly string[]; now: number }>) =>
  db
    .selectFrom('desist.message_memory')
    .select(['name', 'sealed'])
    .where(sql<boolean>`name = any(${names}::text[])`)
    .where(sql<boolean>`not several`)
    .where('kept_until', '>=', now),
);
