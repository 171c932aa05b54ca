/**
 * The changes of some partitions behind a position of each, so many of a partition at most, and of each whether it fits the filter. The
 * limit bounds what is read and not what is found. One statement, so that both tables are of one moment. Locks nothing; index
 * recipient_event_sequence and the primary key of incident_event.
 */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';

interface Page {
  readonly partitions: readonly number[];
  /** As many, in their order. */
  readonly after: readonly number[];
  /** Null: of every tenant. */
  readonly tenants: readonly string[] | null;
  /** Null: of every type. */
  readonly types: readonly string[] | null;
  readonly limit: number;
}

export interface FedRow {
  readonly partition: number;
  readonly sequence: number;
  /** Null for an incident, whose change says it. */
  readonly incarnation: number | null;
  readonly matches: boolean;
  readonly tenant: string;
  /** Null for an incident, and for what does not match. */
  readonly address: string | null;
  readonly version: number | null;
  readonly type: string | null;
  readonly effectiveAt: number | null;
  readonly recordedAt: number;
  readonly detail: string | null;
  /** Null for a recipient. */
  readonly change: string | null;
}

export const pageChanges = statement(
  'page_changes',
  (_, { partitions, after, tenants, types, limit }: Slots<Page>) => sql<FedRow>`
    select w.partition, u.sequence, u.incarnation, u.tenant, u.recorded_at as "recordedAt", u.version, u.type, u.effective_at as "effectiveAt", m.matches,
      case when m.matches then u.address end as address, case when m.matches then u.detail end as detail,
      case when m.matches then u.change end as change
    from unnest(${partitions}::integer[], ${after}::bigint[]) as w (partition, after)
    cross join lateral (
      (select e.sequence, coalesce(e.incarnation, (e.sequence >> 35) * 1024) as incarnation, r.tenant, r.address, e.version, e.type, e.effective_at, e.recorded_at, e.detail, null as change
        from desist.recipient_event e join desist.recipient r on r.id = e.recipient_id
        where e.partition = w.partition and e.sequence > w.after order by e.sequence limit ${limit}::integer)
      union all
      (select i.sequence, null, i.tenant, null, null, i.change::json ->> 'type', null, i.recorded_at, null, i.change
        from desist.incident_event i
        where i.partition = w.partition and i.sequence > w.after order by i.sequence limit ${limit}::integer)
      order by sequence limit ${limit}::integer) u
    cross join lateral (select (${tenants}::text[] is null or u.tenant = any(${tenants}))
      and (${types}::text[] is null or u.type = any(${types})) as matches) m
    order by w.partition, u.sequence`,
);
