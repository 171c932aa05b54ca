/** In-memory store of imports for tests: the same answers as the database store. */
import type { AuditTrail, ImportJob, ImportStore, NewAuditEntry } from '@desist/pipeline';
import { IMPORTS_KEPT } from '@desist/pipeline';
import { createMemoryTrail } from './audit-trail.ts';

export function createMemoryImports(trail: Pick<AuditTrail, 'note'> = createMemoryTrail()): ImportStore {
  const jobs = new Map<string, ImportJob>();
  const note = async (entry: NewAuditEntry | null): Promise<void> => {
    if (entry !== null) await trail.note([entry]);
  };
  const keep = async (job: ImportJob, entry: NewAuditEntry | null): Promise<ImportJob> => {
    jobs.set(job.id, job);
    await note(entry);
    return job;
  };
  return {
    async start(wanted, counts, entry) {
      for (const { id, updatedAt } of jobs.values()) if (updatedAt < wanted.startedAt - IMPORTS_KEPT) jobs.delete(id);
      const { resumeKey, startedAt } = wanted;
      const begun = [...jobs.values()].find((job) => resumeKey !== null && job.resumeKey === resumeKey && job.state !== 'done');
      const job: ImportJob =
        begun === undefined
          ? { ...wanted, state: 'running', rows: 0, counts, problems: [], updatedAt: startedAt }
          : { ...begun, state: 'running', updatedAt: startedAt };
      return keep(job, entry(job, begun === undefined));
    },
    import: async (id) => jobs.get(id) ?? null,
    imports: async ({ tenants, limit }) =>
      [...jobs.values()]
        .filter(({ tenant }) => tenants === undefined || (tenant !== null && tenants.includes(tenant)))
        .sort((a, b) => b.startedAt - a.startedAt || (a.id < b.id ? 1 : -1))
        .slice(0, limit),
    async advance(id, { from, at, isDone, ...step }, entry) {
      const job = jobs.get(id);
      if (job?.state !== 'running' || job.rows !== from) return null;
      return keep({ ...job, ...step, state: isDone ? 'done' : 'running', updatedAt: at }, entry);
    },
    async stop(id, at, entry) {
      const job = jobs.get(id);
      if (job?.state !== 'running') return null;
      return keep({ ...job, state: 'stopped', updatedAt: at }, entry);
    },
  };
}
