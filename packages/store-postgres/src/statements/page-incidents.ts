/** A page of incidents, newest first. Locks nothing; index incident_created. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';
import { INCIDENT_COLUMNS } from './incident-columns.ts';

export interface IncidentPage {
  /** Null: of everybody. */
  readonly tenants: readonly string[] | null;
  /** Behind this position; null: from the newest on. */
  readonly beforeAt: number | null;
  readonly beforeId: string | null;
  readonly limit: number;
}

export const pageIncidents = statement('page_incidents', (db, { tenants, beforeAt, beforeId, limit }: Slots<IncidentPage>) =>
  db
    .selectFrom('desist.incident')
    .select(INCIDENT_COLUMNS)
    .where(sql<boolean>`(${tenants}::text[] is null or tenant = any(${tenants}))`)
    .where(sql<boolean>`(${beforeAt}::bigint is null or (created_at, id) < (${beforeAt}::bigint, ${beforeId}::text))`)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit),
);
