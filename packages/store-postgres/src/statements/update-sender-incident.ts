/** Takes a sender incident's place if that has the expected revision; no row when not. Locks the row by primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { pick } from './pick.ts';
import { SENDER_INCIDENT_COLUMNS } from './sender-incident-columns.ts';
import type { StoredSenderIncident } from './sender-incident-columns.ts';

export const updateSenderIncident = statement(
  'update_sender_incident',
  (db, slots: Slots<StoredSenderIncident & { readonly expected: number }>) =>
    db
      .updateTable('desist.sender_incident')
      .set(pick(slots, SENDER_INCIDENT_COLUMNS))
      .where('id', '=', slots.id)
      .where('revision', '=', slots.expected)
      .returning('id'),
);
