/**
 * Adds to the counters of a partition, in the statement that brings the changes about. Locks the counters, in one order for everybody
 * and behind the checkpoint, so nobody waits for them; primary keys.
 */
import { sql } from 'kysely';
import type { RawBuilder } from 'kysely';

/** `changes`: rows of partition, state and by how much. */
export function countRecipients(changes: RawBuilder<unknown>): RawBuilder<never> {
  return sql<never>`insert into desist.recipient_count as c (partition, state, count)
    select partition, state, sum(change) from (${changes}) as changes (partition, state, change)
    group by partition, state having sum(change) <> 0 order by partition, state
    on conflict (partition, state) do update set count = c.count + excluded.count`;
}

/** `changes`: rows of partition, state, state under the shadow policy (null: it has none) and by how much. */
export function countShadow(changes: RawBuilder<unknown>): RawBuilder<never> {
  return sql<never>`insert into desist.shadow_count as c (partition, kind, count)
    select partition, case when state = 'suppressed' then case when shadow_state = 'suppressed' then 'both' else 'real' end
        when shadow_state = 'suppressed' then 'shadow' else 'neither' end, sum(change)
    from (${changes}) as changes (partition, state, shadow_state, change)
    where shadow_state is not null group by 1, 2 having sum(change) <> 0 order by 1, 2
    on conflict (partition, kind) do update set count = c.count + excluded.count`;
}

/** `changes`: rows of partition, scope, reason and by how much. */
export function countSuppressions(changes: RawBuilder<unknown>): RawBuilder<never> {
  return sql<never>`insert into desist.suppression_count as c (partition, scope, reason, count)
    select partition, scope, reason, sum(change) from (${changes}) as changes (partition, scope, reason, change)
    group by partition, scope, reason having sum(change) <> 0 order by partition, scope, reason
    on conflict (partition, scope, reason) do update set count = c.count + excluded.count`;
}

/** `changes`: rows of partition, deadline (ms; null: none) and by how much. */
export function countDeadlines(changes: RawBuilder<unknown>): RawBuilder<never> {
  return sql<never>`insert into desist.deadline_count as c (partition, hour, count)
    select partition, deadline - deadline % 3600000, sum(change) from (${changes}) as changes (partition, deadline, change)
    where deadline is not null group by 1, 2 having sum(change) <> 0 order by 1, 2
    on conflict (partition, hour) do update set count = c.count + excluded.count`;
}

/** `changes`: rows of partition, scope and by how much. */
export function countAllowances(changes: RawBuilder<unknown>): RawBuilder<never> {
  return sql<never>`insert into desist.allowance_count as c (partition, scope, count)
    select partition, scope, sum(change) from (${changes}) as changes (partition, scope, change)
    group by partition, scope having sum(change) <> 0 order by partition, scope
    on conflict (partition, scope) do update set count = c.count + excluded.count`;
}
