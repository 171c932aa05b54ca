/**
 * Which table says how often the database went back: a restored dump makes it anew, under another number. And what else this user may read of
 * the server's identity. Locks nothing.
 */
import { statement } from '@desist/postgres';
import { sql } from 'kysely';

interface Found {
  readonly table: string;
  readonly readsSystem: boolean;
  readonly readsTimeline: boolean;
}

export const findDatabase = statement<unknown, Found>(
  'find_database',
  () => sql`select 'desist.incarnation'::regclass::oid::text as "table",
    has_function_privilege('pg_control_system()', 'execute') as "readsSystem",
    has_function_privilege('pg_walfile_name(pg_lsn)', 'execute')
      and has_function_privilege('pg_current_wal_insert_lsn()', 'execute') as "readsTimeline"`,
);
