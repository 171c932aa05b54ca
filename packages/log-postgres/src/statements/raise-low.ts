/** Raises the first available offset of a partition. Locks its counter; primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';

interface Low {
  readonly topic: string;
  readonly partition: number;
  readonly low: number;
}

export const raiseLow = statement('raise_low', (db, { topic, partition, low }: Slots<Low>) =>
  db
    .updateTable('desist.journal_partition')
    .set({ low: sql<number>`greatest(low, ${low}::bigint)` })
    .where('topic', '=', topic)
    .where('partition', '=', partition),
);
