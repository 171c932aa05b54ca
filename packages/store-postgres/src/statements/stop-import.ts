/** Stops an import that runs. Locks the row; primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';
import { IMPORT_COLUMNS } from './import-columns.ts';
import type { StoredImport } from './import-columns.ts';

export const stopImport = statement(
  'stop_import',
  (_, { id, at }: Slots<{ id: string; at: number }>) => sql<StoredImport>`
    update desist.import i set state = 'stopped', updated_at = ${at}
    where i.id = ${id} and i.state = 'running' returning ${IMPORT_COLUMNS}`,
);
