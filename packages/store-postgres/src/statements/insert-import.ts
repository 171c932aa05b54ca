/** Adds an import; no row when one with this key is not done. Primary key, and index import_resume. */
import type { NewImport } from '@desist/pipeline';
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';
import { IMPORT_COLUMNS } from './import-columns.ts';
import type { StoredImport } from './import-columns.ts';

export const insertImport = statement(
  'insert_import',
  (
    _,
    { id, name, resumeKey, tenant, stream, importAs, by, keyName, startedAt, counts }: Slots<NewImport & { readonly counts: string }>,
  ) => sql<StoredImport>`
    insert into desist.import as i
      (id, name, resume_key, tenant, stream, import_as, by, key_name, state, rows, counts, problems, started_at, updated_at)
    values (${id}, ${name}, ${resumeKey}, ${tenant}, ${stream}, ${importAs}, ${by}, ${keyName},
      'running', 0, ${counts}, '[]', ${startedAt}::bigint, ${startedAt}::bigint)
    on conflict do nothing returning ${IMPORT_COLUMNS}`,
);
