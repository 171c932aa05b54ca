/**
 * The last requests to a subscriber, the latest first; or one of them. The incarnation is that of the last change of a recipient that they
 * had. Locks nothing; primary key, index recipient_event_sequence.
 */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import type { Try } from '@desist/pipeline';
import { sql } from 'kysely';

interface Page {
  readonly id: string;
  /** Null: all of them; so is `number`. */
  readonly ring: number | null;
  readonly number: number | null;
  readonly limit: number;
}

export interface TryRow extends Try {
  readonly incarnation: number;
  readonly ring: number;
  readonly number: number;
  readonly at: number;
}

export const pageTries = statement(
  'page_tries',
  (_, { id, ring, number, limit }: Slots<Page>) => sql<TryRow>`
    select t.ring, t.number, t.kind, t.message_id as "messageId", t.partition, t.after, t.up_to as "upTo", t.changes, t.attempt, t.at, t.duration,
      t.status, t.problem, coalesce(e.incarnation, 0) as incarnation
    from (select * from desist.subscriber_try
      where subscriber_id = ${id} and (${ring}::integer is null or ring = ${ring}) and (${number}::bigint is null or number = ${number})
      order by at desc, number desc limit ${limit}::integer) t
    left join lateral (select coalesce(incarnation, (sequence >> 35) * 1024) as incarnation from desist.recipient_event
      where partition = t.partition and sequence <= t.up_to order by sequence desc limit 1) e on true
    order by t.at desc, t.number desc`,
);
