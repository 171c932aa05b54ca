/** Up to which id the next so many recipients reach, and how many there are; null behind the last one. Locks nothing; primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';

export const boundScan = statement(
  'bound_scan',
  (_, { after, limit }: Slots<{ after: number; limit: number }>) => sql<{ readonly upTo: number | null; readonly count: number }>`
    select max(id) as "upTo", count(*) as count from
    (select id from desist.recipient where id > ${after} order by id limit ${limit}) scanned`,
);
