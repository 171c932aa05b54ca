/** A key, also an ended one. Locks nothing; primary key. */
import type { StoredKey } from '@desist/pipeline';
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';
import { KEY_COLUMNS } from './key-columns.ts';

export const findKey = statement(
  'find_key',
  (_, { id }: Slots<{ id: string }>) => sql<StoredKey>`select ${KEY_COLUMNS} from desist.api_key k where k.id = ${id}`,
);
