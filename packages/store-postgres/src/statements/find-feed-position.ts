/** How far a provider's partition was taken over. Locks nothing; primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';

export const findFeedPosition = statement('find_feed_position', (db, { feed, partition }: Slots<{ feed: string; partition: number }>) =>
  db
    .selectFrom('desist.feed_position')
    .select(['epoch', 'next_offset as nextOffset'])
    .where('feed', '=', feed)
    .where('partition', '=', partition),
);
