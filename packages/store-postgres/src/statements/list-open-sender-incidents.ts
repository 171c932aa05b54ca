/** Sender incidents that go on. Locks nothing; index sender_incident_open. */
import { statement } from '@desist/postgres';
import { sql } from 'kysely';
import { SENDER_INCIDENT_COLUMNS } from './sender-incident-columns.ts';

export const listOpenSenderIncidents = statement('list_open_sender_incidents', (db) =>
  db
    .selectFrom('desist.sender_incident')
    .select(SENDER_INCIDENT_COLUMNS)
    .where(sql<boolean>`open`)
    .orderBy('id'),
);
