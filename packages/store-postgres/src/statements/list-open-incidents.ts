/** Incidents whose end nobody has noticed yet. Locks nothing; index incident_open. */
import { statement } from '@desist/postgres';
import { sql } from 'kysely';
import { INCIDENT_COLUMNS } from './incident-columns.ts';

export const listOpenIncidents = statement('list_open_incidents', (db) =>
  db
    .selectFrom('desist.incident')
    .select(INCIDENT_COLUMNS)
    .where(sql<boolean>`open`)
    .orderBy('id'),
);
