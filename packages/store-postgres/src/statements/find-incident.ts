/** One incident. Locks nothing; primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { INCIDENT_COLUMNS } from './incident-columns.ts';

export const findIncident = statement('find_incident', (db, { id }: Slots<{ id: string }>) =>
  db.selectFrom('desist.incident').select(INCIDENT_COLUMNS).where('id', '=', id),
);
