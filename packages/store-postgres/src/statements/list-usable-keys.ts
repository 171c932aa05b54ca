/**
 * Every key that is not ended, a row for each of its secrets, and the revision: of one moment, because it is one statement. A row without a
 * key when there is none. Locks nothing; reads the tables, which hold 10,000 keys at most that are not ended.
 */
import type { StoredKey } from '@desist/pipeline';
import { statement } from '@desist/postgres';
import { sql } from 'kysely';
import { KEY_COLUMNS } from './key-columns.ts';

type OfKey = (StoredKey & { readonly hash: string; readonly until: number | null }) | { readonly id: null };

export const listUsableKeys = statement(
  'list_usable_keys',
  () => sql<OfKey & { readonly revision: number }>`
    select r.revision, ${KEY_COLUMNS}, s.hash, s.until_at as until
    from desist.api_key_revision r
    left join (desist.api_key k join desist.api_key_secret s on s.key_id = k.id) on k.ended_at is null
    order by k.created_at, k.id`,
);
