/** What a partition counted for contrast, in order. Locks nothing; primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';

export const loadBaseline = statement('load_baseline', (db, { partition }: Slots<{ partition: number }>) =>
  db.selectFrom('desist.contrast').select('body').where('partition', '=', partition).orderBy('number'),
);
