/** Adds an incident; no row when its id is known, or another one of its tenant and provider is open. Primary key, and index incident_open. */
import { statement } from '@desist/postgres';
import type { Incident, Slots } from '@desist/postgres';
import { INCIDENT_COLUMNS } from './incident-columns.ts';
import { pick } from './pick.ts';

export const insertIncident = statement('insert_incident', (db, slots: Slots<Incident>) =>
  db
    .insertInto('desist.incident')
    .values(pick(slots, INCIDENT_COLUMNS))
    .onConflict((conflict) => conflict.doNothing())
    .returning('id'),
);
