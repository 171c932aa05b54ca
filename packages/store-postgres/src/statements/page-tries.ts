/** The last requests to a subscriber, the latest first; or one of them. Locks nothing; primary key. */
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
  readonly ring: number;
  readonly number: number;
  readonly at: number;
}

export const pageTries = statement(
  'page_tries',
  (_, { id, ring, number, limit }: Slots<Page>) => sql<TryRow>`
    select ring, number, kind, message_id as "messageId", partition, after, up_to as "upTo", changes, attempt, at, duration, status, problem
    from desist.subscriber_try
    where subscriber_id = ${id} and (${ring}::integer is null or ring = ${ring}) and (${number}::bigint is null or number = ${number})
    order by at desc, number desc limit ${limit}::integer`,
);
