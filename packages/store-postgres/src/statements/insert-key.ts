/** Adds a key; no row when one of its tenants has that name. Primary key, and index api_key_name. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import type { NewKey } from '@desist/pipeline';
import { sql } from 'kysely';

export const insertKey = statement(
  'insert_key',
  (_, { id, name, roles, tenants, createdAt, createdBy, expiresAt }: Slots<Omit<NewKey, 'hash'>>) => sql<{ readonly id: string }>`
    insert into desist.api_key (id, name, roles, tenants, created_at, created_by, expires_at)
    values (${id}, ${name}, ${roles}::text[], ${tenants}::text[], ${createdAt}, ${createdBy}, ${expiresAt})
    on conflict do nothing returning id`,
);
