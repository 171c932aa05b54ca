/** Adds what a partition counted for contrast since. Locks nothing. */
import { preparedStatement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';

export const appendBaseline = preparedStatement('append_baseline', (db, { partition, body }: Slots<{ partition: number; body: string }>) =>
  db.insertInto('desist.contrast').values({ partition, body }),
);
