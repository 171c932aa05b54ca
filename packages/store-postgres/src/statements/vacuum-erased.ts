/** Gives the space of deleted rows back, so that their content is gone from the files. Locks each table against changes of its columns. */
import { statement } from '@desist/postgres';
import type { Schema } from '@desist/postgres';
import { sql } from 'kysely';

const TABLES = [
  'desist.recipient',
  'desist.recipient_event',
  'desist.outbox',
  'desist.dead_letter',
  'desist.erasure',
  'desist.audit_entry',
] as const satisfies readonly (keyof Schema)[];

export const vacuumErased = TABLES.map((table) =>
  statement<unknown, never>(`vacuum_${table.replace('.', '_')}`, () => sql`vacuum ${sql.table(table)}`),
);
