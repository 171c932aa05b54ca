/** The log has this revision of an incident. Locks the row by primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';

export const markIncidentAnnounced = statement('mark_incident_announced', (db, { id, revision }: Slots<{ id: string; revision: number }>) =>
  db
    .updateTable('desist.incident')
    .set({ told: sql<number>`greatest(told, ${revision})` })
    .where('id', '=', id),
);
