/** How many secrets of a key are valid at a moment. Locks nothing; index api_key_secret_key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';

export const countKeySecrets = statement(
  'count_key_secrets',
  (_, { id, at }: Slots<{ id: string; at: number }>) => sql<{ readonly valid: number }>`
    select count(*)::integer as valid from desist.api_key_secret where key_id = ${id} and coalesce(until_at > ${at}, true)`,
);
