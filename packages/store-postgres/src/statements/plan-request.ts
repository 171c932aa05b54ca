/**
 * Fixes where the next request of a cursor ends, and extends the lease; no row for a cursor that was claimed by somebody else since. Locks
 * the cursor; primary key.
 */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import type { SubscriberState } from '@desist/pipeline';
import { sql } from 'kysely';
import { nowMs } from './now-ms.ts';

interface Plan {
  readonly id: string;
  readonly partition: number;
  readonly fence: number;
  readonly upTo: number;
  readonly lease: number;
}

export const planRequest = statement(
  'plan_request',
  (_, { id, partition, fence, upTo, lease }: Slots<Plan>) => sql<{ readonly state: SubscriberState }>`
    update desist.subscriber_cursor c set planned = ${upTo}, leased_until = ${nowMs} + ${lease}::bigint
    from desist.subscriber s
    where s.id = c.subscriber_id and c.subscriber_id = ${id} and c.partition = ${partition} and c.fence = ${fence}
    returning s.state`,
);
