/**
 * The timeline, in hexadecimal: a promoted standby and a recovery to a point in time begin another one. That of the WAL that is written, not of
 * the last checkpoint, which comes some time after a promotion. Locks nothing.
 */
import { statement } from '@desist/postgres';
import { sql } from 'kysely';

export const findTimeline = statement<unknown, { readonly timeline: string }>(
  'find_timeline',
  () => sql`select left(pg_walfile_name(pg_current_wal_insert_lsn()), 8) as timeline`,
);
