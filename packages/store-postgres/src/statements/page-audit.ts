/**
 * Pages of the audit trail, the newest first: so many entries are read at most, and of these the ones that fit. Each has how many were read and
 * the last of them, also when none fits. Three statements for three indexes: of everybody, of tenants (each of them read by itself), and about
 * one address. Locks nothing; indexes audit_entry_at, audit_entry_tenant, audit_entry_address.
 */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import type { AuditEntry } from '@desist/pipeline';
import { sql } from 'kysely';
import type { RawBuilder } from 'kysely';

interface Page {
  /** Null: every entry. */
  readonly tenants: readonly string[] | null;
  readonly address: string | null;
  readonly who: string | null;
  readonly action: string | null;
  /** ms */
  readonly since: number;
  /** Before this entry. */
  readonly before: number;
  readonly beforeId: number;
  readonly scanned: number;
  readonly limit: number;
}

export type AuditRow = { readonly read: number; readonly lastAt: number | null; readonly lastId: number | null } & (
  (Omit<AuditEntry, 'detail'> & { readonly detail: string }) | { readonly id: null }
);

const COLUMNS = sql`e.id, e.at, e.action, e.tenant, e.key_id as "keyId", e.key_name as "keyName", e.key_of_tenant as "keyOfTenant", e.by,
  e.origin as "from", e.address, e.target, e.outcome, e.note, e.detail, e.erased`;

function pageOf(name: string, source: (slots: Slots<Page>, newest: RawBuilder<unknown>) => RawBuilder<unknown>) {
  return statement(name, (_, slots: Slots<Page>) => {
    const { who, action, since, before, beforeId, scanned, limit } = slots;
    const newest = sql`e.at >= ${since}::bigint and (e.at, e.id) < (${before}::bigint, ${beforeId}::bigint)
      order by e.at desc, e.id desc limit ${scanned}::integer`;
    return sql<AuditRow>`
      with scanned as materialized (${source(slots, newest)}),
      ends as (select count(*)::integer as read, min(at) as last_at from scanned)
      select ends.read, ends.last_at as "lastAt",
        (select min(s.id) from scanned s where s.at = ends.last_at) as "lastId", ${COLUMNS}
      from ends left join lateral (
        select e.* from scanned e
        where (${who}::text is null or ${who} in (e.key_id, e.key_name, e.by)) and (${action}::text is null or e.action = ${action})
        order by e.at desc, e.id desc limit ${limit}::integer) e on true
      order by e.at desc, e.id desc`;
  });
}

export const pageAudit = pageOf('page_audit', (_, newest) => sql`select e.* from desist.audit_entry e where ${newest}`);

export const pageAuditOfTenants = pageOf(
  'page_audit_of_tenants',
  ({ tenants, scanned }, newest) => sql`
    select e.* from unnest(${tenants}::text[]) as t (tenant)
    cross join lateral (select e.* from desist.audit_entry e where e.tenant = t.tenant and ${newest}) e
    order by e.at desc, e.id desc limit ${scanned}::integer`,
);

export const pageAuditOfAddress = pageOf(
  'page_audit_of_address',
  ({ address, tenants }, newest) => sql`
    select e.* from desist.audit_entry e
    where e.address = ${address} and (${tenants}::text[] is null or e.tenant = any(${tenants}::text[])) and ${newest}`,
);
