/** The number that a server drew when its files were made; a standby has that of its primary. Locks nothing. */
import { statement } from '@desist/postgres';
import { sql } from 'kysely';

export const findSystem = statement<unknown, { readonly system: string }>(
  'find_system',
  () => sql`select system_identifier::text as system from pg_control_system()`,
);
