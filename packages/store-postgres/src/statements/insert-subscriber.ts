/**
 * Adds a subscriber with its first secret and a cursor for each partition; no row when its tenant has as many as it may have. Locks nothing
 * that is there; index subscriber_of_tenant.
 */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';
import { nowMs } from './now-ms.ts';

interface Added {
  readonly id: string;
  readonly tenant: string;
  readonly url: string;
  readonly types: string | null;
  readonly batch: number | null;
  readonly description: string | null;
  readonly createdBy: string | null;
  readonly secret: string;
  /** By partition. */
  readonly places: readonly number[];
  readonly most: number;
}

export const insertSubscriber = statement(
  'insert_subscriber',
  (_, { id, tenant, url, types, batch, description, createdBy, secret, places, most }: Slots<Added>) => sql<{ readonly id: string }>`
    with added as (
      insert into desist.subscriber (id, tenant, url, types, batch, description, created_by, created_at, changed_at)
      select ${id}, ${tenant}, ${url}, ${types}, ${batch}::integer, ${description}, ${createdBy}, ${nowMs}, ${nowMs}
      where (select count(*) from desist.subscriber where tenant = ${tenant}) < ${most}::integer
      returning id),
    keyed as (insert into desist.subscriber_secret (subscriber_id, number, secret) select id, 1, ${secret} from added),
    placed as (
      insert into desist.subscriber_cursor (subscriber_id, partition, place)
      select added.id, p.ordinality - 1, p.place from added, unnest(${places}::bigint[]) with ordinality as p (place, ordinality))
    select id from added`,
);
