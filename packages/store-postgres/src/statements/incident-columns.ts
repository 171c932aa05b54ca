/** An incident as its table has it, and as the port says it. */
import type { IncidentRow } from '@desist/pipeline';
import type { Incident } from '@desist/postgres';

export function valuesOf({ terms, summary, ...row }: IncidentRow): Incident {
  return {
    id: row.id,
    origin: row.origin,
    revision: row.revision,
    told: row.announcedRevision,
    action: row.action,
    holds: row.excludes,
    open: row.open,
    tenant: terms.tenant,
    provider: terms.provider,
    domain: terms.domain,
    code: terms.code,
    part: terms.text,
    from_at: terms.from,
    until_at: terms.until,
    decided_at: row.at,
    summary: summary === null ? null : JSON.stringify(summary),
    by: row.by,
    note: row.note,
    created_at: row.createdAt,
  };
}

export function incidentOf(row: Incident): IncidentRow {
  return {
    id: row.id,
    origin: row.origin as IncidentRow['origin'],
    revision: row.revision,
    announcedRevision: row.told,
    action: row.action as IncidentRow['action'],
    excludes: row.holds,
    open: row.open,
    terms: {
      tenant: row.tenant,
      provider: row.provider,
      domain: row.domain,
      code: row.code,
      text: row.part,
      from: row.from_at,
      until: row.until_at,
    },
    at: row.decided_at,
    summary: row.summary === null ? null : (JSON.parse(row.summary) as IncidentRow['summary']),
    by: row.by,
    note: row.note,
    createdAt: row.created_at,
  };
}

/** By name: a prepared `*` fails once a column is added. */
export const INCIDENT_COLUMNS = [
  'id',
  'origin',
  'revision',
  'told',
  'action',
  'holds',
  'open',
  'tenant',
  'provider',
  'domain',
  'code',
  'part',
  'from_at',
  'until_at',
  'decided_at',
  'summary',
  'by',
  'note',
  'created_at',
] as const satisfies readonly (keyof Incident)[];
