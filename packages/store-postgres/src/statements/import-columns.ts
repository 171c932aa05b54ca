/** The columns of an import, as `StoredImport`. */
import type { ImportJob } from '@desist/pipeline';
import { sql } from 'kysely';

export interface StoredImport extends Omit<ImportJob, 'counts' | 'problems'> {
  /** JSON */
  readonly counts: string;
  readonly problems: string;
}

export const IMPORT_COLUMNS = sql`i.id, i.name, i.resume_key as "resumeKey", i.tenant, i.stream, i.import_as as "importAs", i.by,
  i.key_name as "keyName", i.state, i.rows, i.counts, i.problems, i.started_at as "startedAt", i.updated_at as "updatedAt"`;
