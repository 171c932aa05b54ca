/** Up to where changes are published, and up to where they were deleted by age. Locks nothing; reads two tables with a row per partition. */
import { statement } from '@desist/postgres';

export const listFeedEnds = statement('list_feed_ends', (db) =>
  db
    .selectFrom('desist.checkpoint as c')
    .leftJoin('desist.change_floor as f', 'f.partition', 'c.partition')
    .select(['c.partition', 'c.incarnation', 'c.next_number as nextSequence', 'f.sequence as floor']),
);
