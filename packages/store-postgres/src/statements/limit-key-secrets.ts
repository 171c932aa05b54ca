/** Lets the secrets of a key end at a moment at the latest. Locks them; index api_key_secret_key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';

export const limitKeySecrets = statement(
  'limit_key_secrets',
  (_, { id, until }: Slots<{ id: string; until: number }>) => sql<never>`
    update desist.api_key_secret set until_at = least(until_at, ${until}::bigint) where key_id = ${id}`,
);
