/**
 * Leases cursors of active subscribers that nobody leases. Locks them, and passes over those that another process is locking; reads all
 * cursors of the partitions in question, of which there are as many as subscribers.
 */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';
import { nowMs } from './now-ms.ts';

interface Claim {
  /** Null: of any subscriber whose time has come. */
  readonly subscribers: readonly (string | null)[];
  /** As many, in their order; so are the places. */
  readonly partitions: readonly number[];
  readonly places: readonly number[];
  readonly except: readonly string[];
  readonly owner: string;
  readonly limit: number;
  readonly limitOfSubscriber: number;
  readonly lease: number;
  readonly idle: number;
}

export interface ClaimedRow {
  readonly id: string;
  readonly tenant: string;
  readonly url: string;
  readonly types: string | null;
  readonly batch: number | null;
  readonly description: string | null;
  /** JSON array, the latest first. */
  readonly secrets: string;
  readonly partition: number;
  readonly fence: number;
  readonly place: number;
  readonly planned: number | null;
  readonly gap: boolean;
  readonly failures: number;
  readonly failingFor: number | null;
}

const isFree = sql`(c.leased_until is null or c.leased_until <= ${nowMs}) and (c.retry_at is null or c.retry_at <= ${nowMs})`;

export const claimCursors = statement(
  'claim_cursors',
  (_, { subscribers, partitions, places, except, owner, limit, limitOfSubscriber, lease, idle }: Slots<Claim>) => sql<ClaimedRow>`
    with wanted as (
      select distinct c.subscriber_id, c.partition, c.looked_at
      from unnest(${subscribers}::text[], ${partitions}::integer[], ${places}::bigint[]) as w (subscriber_id, partition, place)
      join desist.subscriber_cursor c on c.partition = w.partition and c.place < w.place
      join desist.subscriber s on s.id = c.subscriber_id and s.state = 'active'
      where (w.subscriber_id = c.subscriber_id or (w.subscriber_id is null
          and (c.again or c.retry_at is not null or c.looked_at is null or c.looked_at <= ${nowMs} - ${idle}::bigint)))
        and c.subscriber_id <> all(${except}::text[]) and ${isFree}),
    ranked as (
      select subscriber_id, partition, looked_at,
        row_number() over (partition by subscriber_id order by looked_at nulls first, partition) as place
      from wanted),
    chosen as (
      select c.subscriber_id, c.partition from desist.subscriber_cursor c
      join ranked r on r.subscriber_id = c.subscriber_id and r.partition = c.partition and r.place <= ${limitOfSubscriber}::integer
      where ${isFree}
      order by r.looked_at nulls first limit ${limit}::integer for update of c skip locked)
    update desist.subscriber_cursor c set owner = ${owner}, fence = c.fence + 1, leased_until = ${nowMs} + ${lease}::bigint,
      looked_at = ${nowMs}, again = false
    from chosen h, desist.subscriber s
    where h.subscriber_id = c.subscriber_id and h.partition = c.partition and s.id = c.subscriber_id
    returning s.id, s.tenant, s.url, s.types, s.batch, s.description, c.partition, c.fence, c.place, c.planned, c.gap, c.failures,
      ${nowMs} - c.failing_since as "failingFor",
      (select coalesce(json_agg(k.secret order by k.number desc), '[]'::json)::text from desist.subscriber_secret k
        where k.subscriber_id = s.id and (k.expires_at is null or k.expires_at > ${nowMs})) as secrets`,
);
