/** The newest imports, of the tenants if there are any. Locks nothing; index import_started. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';
import { IMPORT_COLUMNS } from './import-columns.ts';
import type { StoredImport } from './import-columns.ts';

interface Wanted {
  /** Null: every import. */
  readonly tenants: readonly string[] | null;
  readonly limit: number;
}

export const listImports = statement(
  'list_imports',
  (_, { tenants, limit }: Slots<Wanted>) => sql<StoredImport>`
    select ${IMPORT_COLUMNS} from desist.import i
    where ${tenants}::text[] is null or i.tenant = any (${tenants}::text[])
    order by i.started_at desc, i.id desc limit ${limit}::integer`,
);
