/** The numbers of the last changes of each partition, so many at most. Locks nothing; index recipient_event_sequence and the primary key of incident_event. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';

interface LastChange {
  readonly partition: number;
  readonly sequence: number;
  readonly recordedAt: number;
}

export const findLastChanges = statement(
  'find_last_changes',
  (_, { limit }: Slots<{ limit: number }>) => sql<LastChange>`
    select c.partition, u.sequence, u.recorded_at as "recordedAt"
    from desist.checkpoint c
    cross join lateral (
      (select e.sequence, e.recorded_at from desist.recipient_event e
        where e.partition = c.partition and e.sequence is not null order by e.sequence desc limit ${limit}::integer)
      union all
      (select i.sequence, i.recorded_at from desist.incident_event i
        where i.partition = c.partition order by i.sequence desc limit ${limit}::integer)
      order by sequence desc limit ${limit}::integer) u`,
);
