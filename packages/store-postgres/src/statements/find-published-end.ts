/** Where the topic of suppressions ended for a partition. Locks nothing; primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';

export const findPublishedEnd = statement('find_published_end', (db, { partition }: Slots<{ partition: number }>) =>
  db.selectFrom('desist.published_end').select('ends_at as endsAt').where('partition', '=', partition),
);
