/** The store of imports on SQL. */
import { IMPORTS_KEPT, StoreError } from '@desist/pipeline';
import type { ImportJob, ImportStore, NewAuditEntry } from '@desist/pipeline';
import type { Database, Queries } from '@desist/postgres';
import { noteActs } from './audit-trail.ts';
import { advanceImport } from './statements/advance-import.ts';
import { dropOldImports } from './statements/drop-old-imports.ts';
import { findImport } from './statements/find-import.ts';
import type { StoredImport } from './statements/import-columns.ts';
import { insertImport } from './statements/insert-import.ts';
import { listImports } from './statements/list-imports.ts';
import { resumeImport } from './statements/resume-import.ts';
import { stopImport } from './statements/stop-import.ts';

export function createImportStore(db: Database): ImportStore {
  return {
    start: (wanted, counts, entry) =>
      db.transaction(async (tx) => {
        const { resumeKey, startedAt: at } = wanted;
        await dropOldImports.run(tx, { before: at - IMPORTS_KEPT });
        const made = await insertImport.first(tx, { ...wanted, counts: JSON.stringify(counts) });
        const begun = made === undefined && resumeKey !== null ? await resumeImport.first(tx, { resumeKey, at }) : undefined;
        const stored = made ?? begun;
        if (stored === undefined) throw new StoreError('unavailable', 'an import of the same file ended at this moment');
        const job = jobOf(stored);
        await note(tx, entry(job, begun === undefined));
        return job;
      }),
    async import(id) {
      const found = await findImport.first(db, { id });
      return found === undefined ? null : jobOf(found);
    },
    imports: async ({ tenants, limit }) => (await listImports.run(db, { tenants: tenants ?? null, limit })).map(jobOf),
    advance: (id, { counts, problems, isDone, ...step }, entry) =>
      db.transaction(async (tx) => {
        const json = { counts: JSON.stringify(counts), problems: JSON.stringify(problems) };
        return settled(tx, await advanceImport.first(tx, { id, ...step, ...json, state: isDone ? 'done' : 'running' }), entry);
      }),
    stop: (id, at, entry) => db.transaction(async (tx) => settled(tx, await stopImport.first(tx, { id, at }), entry)),
  };
}

async function settled(tx: Queries, changed: StoredImport | undefined, entry: NewAuditEntry | null): Promise<ImportJob | null> {
  if (changed === undefined) return null;
  await note(tx, entry);
  return jobOf(changed);
}

async function note(tx: Queries, entry: NewAuditEntry | null): Promise<void> {
  if (entry !== null) await noteActs(tx, [entry]);
}

function jobOf({ counts, problems, ...job }: StoredImport): ImportJob {
  return { ...job, counts: JSON.parse(counts) as ImportJob['counts'], problems: JSON.parse(problems) as ImportJob['problems'] };
}
