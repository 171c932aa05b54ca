/** Counts recipients, deadlines, suppressions and allowances anew, by partition. Reads the tables; needs that nobody commits meanwhile. */
import { statement } from '@desist/postgres';
import { sql } from 'kysely';

export const recount = [
  statement<unknown, never>('drop_recipient_counts', (db) => db.deleteFrom('desist.recipient_count')),
  statement<unknown, never>(
    'recount_recipients',
    () => sql`insert into desist.recipient_count (partition, state, count)
      select partition, state, count(*) from desist.recipient where tracked group by partition, state`,
  ),
  statement<unknown, never>('drop_deadline_counts', (db) => db.deleteFrom('desist.deadline_count')),
  statement<unknown, never>(
    'recount_deadlines',
    () => sql`insert into desist.deadline_count (partition, hour, count)
      select partition, suppress_at - suppress_at % 3600000, count(*) from desist.recipient
      where tracked and suppress_at is not null group by 1, 2`,
  ),
  statement<unknown, never>('drop_allowance_counts', (db) => db.deleteFrom('desist.allowance_count')),
  statement<unknown, never>(
    'recount_allowances',
    () => sql`insert into desist.allowance_count (partition, scope, count)
      select r.partition, a.scope, count(*) from desist.allowance a join desist.recipient r on r.id = a.recipient_id group by 1, 2`,
  ),
  statement<unknown, never>('drop_suppression_counts', (db) => db.deleteFrom('desist.suppression_count')),
  statement<unknown, never>(
    'recount_suppressions',
    () => sql`insert into desist.suppression_count (partition, scope, reason, count)
      select r.partition, s.scope, s.reason, count(*)
      from desist.suppression s join desist.recipient r on r.id = s.recipient_id
      group by r.partition, s.scope, s.reason`,
  ),
];
