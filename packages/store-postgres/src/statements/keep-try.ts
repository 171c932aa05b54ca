/**
 * Keeps a request in its ring, in the place of the oldest one there; no row when the subscriber is gone. `number` null: the next of the
 * ring. Locks what it replaces; primary key.
 */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import type { Try } from '@desist/pipeline';
import { sql } from 'kysely';
import { nowMs } from './now-ms.ts';

interface Kept extends Try {
  readonly id: string;
  readonly ring: number;
  readonly number: number | null;
  /** Places of the ring. */
  readonly slots: number;
}

export const keepTry = statement(
  'keep_try',
  (
    _,
    { id, ring, number, slots, kind, messageId, partition, after, upTo, changes, attempt, duration, status, problem }: Slots<Kept>,
  ) => sql<{ readonly number: number }>`
    insert into desist.subscriber_try as t (subscriber_id, ring, slot, number, kind, message_id, partition, after, up_to, changes, attempt,
      at, duration, status, problem)
    select s.id, ${ring}, n.number % ${slots}::integer, n.number, ${kind}, ${messageId}, ${partition}::integer, ${after}, ${upTo}, ${changes},
      ${attempt}, ${nowMs}, ${duration}, ${status}::integer, ${problem}
    from desist.subscriber s
    cross join lateral (select coalesce(${number}::bigint,
      (select max(o.number) + 1 from desist.subscriber_try o where o.subscriber_id = s.id and o.ring = ${ring}), 1) as number) n
    where s.id = ${id}
    on conflict (subscriber_id, ring, slot) do update set number = excluded.number, kind = excluded.kind, message_id = excluded.message_id,
      partition = excluded.partition, after = excluded.after, up_to = excluded.up_to, changes = excluded.changes,
      attempt = excluded.attempt, at = excluded.at, duration = excluded.duration, status = excluded.status, problem = excluded.problem
    returning number`,
);
