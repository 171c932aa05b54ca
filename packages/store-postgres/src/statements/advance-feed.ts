/** The compare-and-set of a provider's partition; no row when it is another one's, or moved. Locks the row by primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';
import { now } from './now.ts';

interface Move {
  readonly feed: string;
  readonly partition: number;
  readonly epoch: number;
  /** Null: nothing was taken over yet. */
  readonly fromOffset: number | null;
  readonly nextOffset: number;
  /** JSON. */
  readonly state: string | null;
}

export const advanceFeed = statement('advance_feed', (db, { feed, partition, epoch, fromOffset, nextOffset, state }: Slots<Move>) =>
  db
    .updateTable('desist.feed_position')
    .set({ next_offset: nextOffset, state, updated_at: now })
    .where('feed', '=', feed)
    .where('partition', '=', partition)
    .where('epoch', '=', epoch)
    .where(sql<boolean>`next_offset is not distinct from ${fromOffset}::bigint`)
    .returning('epoch'),
);
