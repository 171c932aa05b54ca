/** Notes that a key got another secret; no row when there is no such key, or it has ended. Locks the row; primary key. */
import type { StoredKey } from '@desist/pipeline';
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';
import { KEY_COLUMNS } from './key-columns.ts';

export const rotateKey = statement(
  'rotate_key',
  (_, { id, at }: Slots<{ id: string; at: number }>) => sql<StoredKey>`
    update desist.api_key k set rotated_at = ${at} where k.id = ${id} and k.ended_at is null returning ${KEY_COLUMNS}`,
);
