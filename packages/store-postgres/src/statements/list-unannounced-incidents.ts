/** Incidents of which the log does not have the latest revision. Locks nothing; index incident_untold. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { INCIDENT_COLUMNS } from './incident-columns.ts';

export const listUnannouncedIncidents = statement('list_unannounced_incidents', (db, { limit }: Slots<{ limit: number }>) =>
  db.selectFrom('desist.incident').select(INCIDENT_COLUMNS).whereRef('told', '<', 'revision').orderBy('id').limit(limit),
);
