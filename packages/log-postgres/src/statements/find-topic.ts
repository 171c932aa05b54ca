/** A topic: its number of partitions, and what tells it from that of another journal. Locks nothing; primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';

export const findTopic = statement('find_topic', (db, { topic }: Slots<{ topic: string }>) =>
  db.selectFrom('desist.journal_topic').select(['partitions', 'id']).where('topic', '=', topic),
);
