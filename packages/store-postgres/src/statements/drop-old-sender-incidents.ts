/** Drops sender incidents that ended before a moment and, of each tenant, those beyond its latest so many. Reads the table, which is small. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';

export const dropOldSenderIncidents = statement(
  'drop_old_sender_incidents',
  (_, { before, most }: Slots<{ before: number; most: number }>) => sql<never>`delete from desist.sender_incident where id in (
      select id from (
        select id, open, told, revision, until_at, row_number() over (partition by tenant order by created_at desc, id desc) as place
        from desist.sender_incident) ranked
      where not open and told >= revision and (until_at < ${before}::bigint or place > ${most}::bigint))`,
);
