/** Incidents of providers that were noticed, and are open or ended after a moment. Locks nothing; reads the table, which has a row per incident. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';
import { INCIDENT_COLUMNS } from './incident-columns.ts';

export const findDetectedIncidents = statement(
  'find_detected_incidents',
  (db, { providers, since }: Slots<{ providers: readonly string[]; since: number }>) =>
    db
      .selectFrom('desist.incident')
      .select(INCIDENT_COLUMNS)
      .where(sql<boolean>`origin = 'detected'`)
      .where(sql<boolean>`provider = any(${providers}::text[])`)
      .where(sql<boolean>`(open or until_at is null or until_at > ${since}::bigint)`)
      .orderBy('id'),
);
