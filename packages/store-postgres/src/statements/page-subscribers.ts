/**
 * Subscribers by id, with how each of them fares. Locks nothing; primary keys; reads the cursors of those of the page, and a checkpoint per
 * partition.
 */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import type { SubscriberReason, SubscriberState } from '@desist/pipeline';
import { sql } from 'kysely';

interface Page {
  /** Null: of everybody. */
  readonly tenants: readonly string[] | null;
  /** Only this one; null: all. */
  readonly id: string | null;
  /** Only those that are not active, or of which a partition fails. */
  readonly inTrouble: boolean;
  readonly after: string | null;
  readonly limit: number;
}

export interface SubscriberRow {
  readonly id: string;
  readonly tenant: string;
  readonly url: string;
  readonly types: string | null;
  readonly batch: number | null;
  readonly description: string | null;
  readonly state: SubscriberState;
  readonly reason: SubscriberReason | null;
  readonly problem: string | null;
  readonly createdBy: string | null;
  readonly createdAt: number;
  readonly changedAt: number;
  readonly failingSince: number | null;
  readonly nextTryAt: number | null;
  readonly deliveredAt: number | null;
  readonly behind: number;
}

/** Where the numbers of the partition's incarnation begin in the feed (`placeInFeed`). */
const beginning = sql`(k.incarnation << 25)`;

export const pageSubscribers = statement(
  'page_subscribers',
  (_, { tenants, id, inTrouble, after, limit }: Slots<Page>) => sql<SubscriberRow>`
    select s.id, s.tenant, s.url, s.types, s.batch, s.description, s.state, s.reason, coalesce(s.problem, h.problem) as problem,
      s.created_by as "createdBy", s.created_at as "createdAt", s.changed_at as "changedAt", h.failing_since as "failingSince",
      h.retry_at as "nextTryAt", h.delivered_at as "deliveredAt", h.behind
    from desist.subscriber s
    cross join lateral (
      select min(c.failing_since) as failing_since, min(c.retry_at) as retry_at, max(c.delivered_at) as delivered_at,
        (array_agg(c.problem order by c.failing_since) filter (where c.problem is not null))[1] as problem,
        coalesce(sum(greatest(0, k.next_number - 1 - greatest(0, c.place - ${beginning}))), 0)::bigint as behind
      from desist.subscriber_cursor c left join desist.checkpoint k on k.partition = c.partition
      where c.subscriber_id = s.id) h
    where (${id}::text is null or s.id = ${id}) and (${tenants}::text[] is null or s.tenant = any(${tenants}))
      and (${after}::text is null or s.id > ${after})
      and (not ${inTrouble}::boolean or s.state <> 'active' or h.failing_since is not null)
    order by s.id limit ${limit}::integer`,
);
