/** One sender incident. Locks nothing; primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { SENDER_INCIDENT_COLUMNS } from './sender-incident-columns.ts';

export const findSenderIncident = statement('find_sender_incident', (db, { id }: Slots<{ id: string }>) =>
  db.selectFrom('desist.sender_incident').select(SENDER_INCIDENT_COLUMNS).where('id', '=', id),
);
