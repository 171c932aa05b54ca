/** A sender incident as its table has it, and as the port says it. `published` is the partition's. */
import type { SenderIncidentRow } from '@desist/pipeline';
import type { SenderIncident } from '@desist/postgres';

export type StoredSenderIncident = Omit<SenderIncident, 'published'>;

export function senderValuesOf({ place, summary, ...row }: SenderIncidentRow): StoredSenderIncident {
  return {
    id: row.id,
    revision: row.revision,
    told: row.announcedRevision,
    open: row.open,
    ...place,
    from_at: row.from,
    until_at: row.until,
    decided_at: row.at,
    partition: row.announcedBy,
    summary: JSON.stringify(summary),
    created_at: row.createdAt,
  };
}

export function senderIncidentOf(row: StoredSenderIncident): SenderIncidentRow {
  const { tenant, provider, pool } = row;
  return {
    id: row.id,
    revision: row.revision,
    announcedRevision: row.told,
    action: row.until_at === null ? 'opened' : 'closed',
    open: row.open,
    place: { tenant, provider, pool },
    from: row.from_at,
    until: row.until_at,
    at: row.decided_at,
    announcedBy: row.partition,
    summary: JSON.parse(row.summary) as SenderIncidentRow['summary'],
    createdAt: row.created_at,
  };
}

/** By name: a prepared `*` fails once a column is added. */
export const SENDER_INCIDENT_COLUMNS = [
  'id',
  'revision',
  'told',
  'open',
  'tenant',
  'provider',
  'pool',
  'from_at',
  'until_at',
  'decided_at',
  'partition',
  'summary',
  'created_at',
] as const satisfies readonly (keyof SenderIncident)[];
