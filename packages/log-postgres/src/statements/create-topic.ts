/** Creates a topic if it is missing. Locks nothing; primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';

export const createTopic = statement('create_topic', (db, { topic, partitions }: Slots<{ topic: string; partitions: number }>) =>
  db
    .insertInto('desist.journal_topic')
    .values({ topic, partitions })
    .onConflict((conflict) => conflict.doNothing()),
);
