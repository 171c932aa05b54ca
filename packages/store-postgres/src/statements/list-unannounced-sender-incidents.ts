/** Sender incidents of which the log does not have the latest decision. Locks nothing; index sender_incident_untold. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { SENDER_INCIDENT_COLUMNS } from './sender-incident-columns.ts';

export const listUnannouncedSenderIncidents = statement('list_unannounced_sender_incidents', (db, { limit }: Slots<{ limit: number }>) =>
  db.selectFrom('desist.sender_incident').select(SENDER_INCIDENT_COLUMNS).whereRef('told', '<', 'revision').orderBy('id').limit(limit),
);
