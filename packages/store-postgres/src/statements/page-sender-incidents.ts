/** A page of sender incidents, newest first. Locks nothing; index sender_incident_created. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';
import type { IncidentPage } from './page-incidents.ts';
import { SENDER_INCIDENT_COLUMNS } from './sender-incident-columns.ts';

export const pageSenderIncidents = statement('page_sender_incidents', (db, { tenants, beforeAt, beforeId, limit }: Slots<IncidentPage>) =>
  db
    .selectFrom('desist.sender_incident')
    .select(SENDER_INCIDENT_COLUMNS)
    .where(sql<boolean>`(${tenants}::text[] is null or tenant = any(${tenants}))`)
    .where(sql<boolean>`(${beforeAt}::bigint is null or (created_at, id) < (${beforeAt}::bigint, ${beforeId}::text))`)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit),
);
