/** Lets the import with this key that is not done run again. Locks the row; index import_resume. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';
import { IMPORT_COLUMNS } from './import-columns.ts';
import type { StoredImport } from './import-columns.ts';

export const resumeImport = statement(
  'resume_import',
  (_, { resumeKey, at }: Slots<{ resumeKey: string; at: number }>) => sql<StoredImport>`
    update desist.import i set state = 'running', updated_at = ${at}
    where i.resume_key = ${resumeKey} and i.state <> 'done' returning ${IMPORT_COLUMNS}`,
);
