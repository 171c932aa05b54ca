/** The range of offsets that a partition contains. Locks nothing; primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';

export const findBounds = statement('find_bounds', (db, { topic, partition }: Slots<{ topic: string; partition: number }>) =>
  db.selectFrom('desist.journal_partition').select(['low', 'high']).where('topic', '=', topic).where('partition', '=', partition),
);
