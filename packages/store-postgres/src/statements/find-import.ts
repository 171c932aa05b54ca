/** An import. Locks nothing; primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';
import { IMPORT_COLUMNS } from './import-columns.ts';
import type { StoredImport } from './import-columns.ts';

export const findImport = statement(
  'find_import',
  (_, { id }: Slots<{ id: string }>) => sql<StoredImport>`select ${IMPORT_COLUMNS} from desist.import i where i.id = ${id}`,
);
