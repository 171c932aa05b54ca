/** Sender incidents of tenants and providers that are open, or ended after a moment. Locks nothing; index sender_incident_tenant. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';
import { SENDER_INCIDENT_COLUMNS } from './sender-incident-columns.ts';

interface Wanted {
  /** As many as providers, in their order. */
  readonly tenants: readonly string[];
  readonly providers: readonly string[];
  /** ms */
  readonly moment: number;
}

export const listSenderIncidentsSince = statement('list_sender_incidents_since', (db, { tenants, providers, moment }: Slots<Wanted>) =>
  db
    .selectFrom('desist.sender_incident')
    .select(SENDER_INCIDENT_COLUMNS)
    .where(sql<boolean>`(tenant, provider) in (select * from unnest(${tenants}::text[], ${providers}::text[]))`)
    .where(sql<boolean>`(until_at is null or until_at > ${moment}::bigint)`)
    .orderBy('id'),
);
