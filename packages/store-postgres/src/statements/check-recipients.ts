/**
 * Everything that `check` needs, of one moment. With `hashes` empty, a row without a place and a partition says that they are needed.
 * Locks nothing; unique index on tenant and address,
 * recipient_domain_entry, then primary keys; reads the whole table of checkpoints.
 */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import type { RecipientStateName, Tenant, Address } from '@desist/domain';
import type { SuppressionRow } from '@desist/pipeline';
import { sql } from 'kysely';

/** Whom a caller asks about, and what is held against them: one row per suppression, allowance or block. */
export interface CheckRow {
  /** Position in the call, from 1; of an erased recipient too. Null: the row is a partition's clock, or the marker. */
  readonly place: number | null;
  readonly state: RecipientStateName | null;
  readonly scope: string | null;
  readonly reason: SuppressionRow['reason'] | null;
  /** Of a partition's row, its clock. */
  readonly since: number | null;
  readonly expiresAt: number | null;
  readonly allowedScope: string | null;
  readonly allowedUntil: number | null;
  readonly blocks: string | null;
  readonly partition: number | null;
  /** The entry of a domain (`@example.com`): `place` is then that of one of `domains` that it concerns. */
  readonly entry: Address | null;
  readonly subdomains: boolean | null;
  readonly probationUntil: number | null;
}

interface Asked {
  readonly tenant: Tenant;
  readonly addresses: readonly Address[];
  readonly hashes: readonly string[];
  /** Of the addresses, each once. */
  readonly domains: readonly string[];
}

export const checkRecipients = statement(
  'check_recipients',
  (
    _,
    { tenant, addresses, hashes, domains }: Slots<Asked>,
  ) => sql<CheckRow>`select k.place, r.state, s.scope, s.reason, s.since, s.expires_at as "expiresAt",
         a.scope as "allowedScope", a.expires_at as "allowedUntil", null as blocks, null::integer as partition,
         null as entry, s.subdomains, r.probation_until as "probationUntil"
    from unnest(${addresses}::text[]) with ordinality as k (address, place)
    join desist.recipient r on r.tenant = ${tenant} and r.address = k.address
    left join desist.suppression s on s.recipient_id = r.id
    left join desist.allowance a on a.recipient_id = r.id
  union all
  select k.place, null, null, null, null, null, null, null, f.blocks, null, null, null, null
    from unnest(${hashes}::text[]) with ordinality as k (hash, place)
    join desist.forgotten f on f.tenant = ${tenant} and f.hash = k.hash
  union all
  select null, null, null, null, null, null, null, null, '', null, null, null, null
   where cardinality(${hashes}::text[]) = 0 and exists (select from desist.forgotten f where f.tenant = ${tenant})
  union all
  select k.place, null, s.scope, s.reason, s.since, s.expires_at, null, null, null, null, r.address, s.subdomains, null
    from unnest(${domains}::text[]) with ordinality as k (domain, place)
    cross join lateral desist.domain_entries(k.domain) as e (name)
    -- A look-up for each: a join might read all entries of the tenant, or the table.
    cross join lateral (select id, address from desist.recipient where tenant = ${tenant} and address = e.name limit 1) r
    join desist.suppression s on s.recipient_id = r.id
   where exists (select from desist.recipient d where d.tenant = ${tenant} and d.address like '@%')
     and (e.name = '@' || k.domain or s.subdomains)
  union all
  select null, null, null, null, c.clock, null, null, null, null, c.partition, null, null, null from desist.checkpoint c`,
);
