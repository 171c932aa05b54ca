/** The ranges of offsets of all partitions of a topic. Locks nothing; primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';

export const listBounds = statement('list_bounds', (db, { topic }: Slots<{ topic: string }>) =>
  db.selectFrom('desist.journal_partition').select(['partition', 'low', 'high']).where('topic', '=', topic),
);
