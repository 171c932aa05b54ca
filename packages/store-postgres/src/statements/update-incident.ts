/** Takes an incident's place if that has the expected revision; no row when not. Locks the row by primary key. */
import { statement } from '@desist/postgres';
import type { Incident, Slots } from '@desist/postgres';
import { INCIDENT_COLUMNS } from './incident-columns.ts';
import { pick } from './pick.ts';

export const updateIncident = statement('update_incident', (db, slots: Slots<Incident & { readonly expected: number }>) =>
  db
    .updateTable('desist.incident')
    .set(pick(slots, INCIDENT_COLUMNS))
    .where('id', '=', slots.id)
    .where('revision', '=', slots.expected)
    .returning('id'),
);
