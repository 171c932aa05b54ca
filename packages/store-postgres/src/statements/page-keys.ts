/** A page of the keys that are not ended, the newest first. Locks nothing; index api_key_created. */
import type { StoredKey } from '@desist/pipeline';
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';
import { KEY_COLUMNS } from './key-columns.ts';

interface Page {
  /** Only keys of no other tenants; null: every key. */
  readonly tenants: readonly string[] | null;
  /** Before this key; null: from the newest on. */
  readonly before: number | null;
  readonly beforeId: string | null;
  readonly limit: number;
}

export const pageKeys = statement(
  'page_keys',
  (_, { tenants, before, beforeId, limit }: Slots<Page>) => sql<StoredKey>`
    select ${KEY_COLUMNS} from desist.api_key k
    where k.ended_at is null and (${tenants}::text[] is null or k.tenants <@ ${tenants}::text[])
      and (${before}::bigint is null or (k.created_at, k.id) < (${before}::bigint, ${beforeId}::text))
    order by k.created_at desc, k.id desc limit ${limit}::integer`,
);
