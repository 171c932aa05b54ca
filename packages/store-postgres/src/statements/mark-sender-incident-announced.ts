/** The log has this decision about a sender incident. Locks the row by primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';

export const markSenderIncidentAnnounced = statement(
  'mark_sender_incident_announced',
  (db, { id, revision }: Slots<{ id: string; revision: number }>) =>
    db
      .updateTable('desist.sender_incident')
      .set({ told: sql<number>`greatest(told, ${revision})` })
      .where('id', '=', id),
);
