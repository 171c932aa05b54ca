/** Adds a sender incident; no row when its id is known, or one of its place is open. Primary key, and index sender_incident_open. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { pick } from './pick.ts';
import { SENDER_INCIDENT_COLUMNS } from './sender-incident-columns.ts';
import type { StoredSenderIncident } from './sender-incident-columns.ts';

export const insertSenderIncident = statement('insert_sender_incident', (db, slots: Slots<StoredSenderIncident>) =>
  db
    .insertInto('desist.sender_incident')
    .values(pick(slots, SENDER_INCIDENT_COLUMNS))
    .onConflict((conflict) => conflict.doNothing())
    .returning('id'),
);
