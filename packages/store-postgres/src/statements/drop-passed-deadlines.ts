/** Deletes counters of hours before a moment that count nobody. Locks them, one commit's length at most; primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';

export const dropPassedDeadlines = statement('drop_passed_deadlines', (db, { before }: Slots<{ before: number }>) =>
  db.deleteFrom('desist.deadline_count').where('count', '=', 0).where('hour', '<', before),
);
