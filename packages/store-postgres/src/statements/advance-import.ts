/** Notes how far an import has come; no row when it does not run or stands elsewhere. Locks the row; primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';
import { IMPORT_COLUMNS } from './import-columns.ts';
import type { StoredImport } from './import-columns.ts';

interface Step {
  readonly id: string;
  readonly from: number;
  readonly rows: number;
  readonly counts: string;
  readonly problems: string;
  readonly at: number;
  readonly state: string;
}

export const advanceImport = statement(
  'advance_import',
  (_, { id, from, rows, counts, problems, at, state }: Slots<Step>) => sql<StoredImport>`
    update desist.import i set rows = ${rows}, counts = ${counts}, problems = ${problems}, updated_at = ${at}, state = ${state}
    where i.id = ${id} and i.rows = ${from} and i.state = 'running' returning ${IMPORT_COLUMNS}`,
);
