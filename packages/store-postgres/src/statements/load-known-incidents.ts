/** The incidents that a partition knows. Locks nothing; primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';

export const loadKnownIncidents = statement('load_known_incidents', (db, { partition }: Slots<{ partition: number }>) =>
  db.selectFrom('desist.incident_known').select(['incident', 'done', 'looked', 'changed']).where('partition', '=', partition),
);
