/** In-memory store of what-ifs for tests: the same answers as the database store. */
import type { AuditTrail, WhatIfJob, WhatIfStore } from '@desist/pipeline';
import { MOST_WHATIFS, WHATIF_ABANDONED, WHATIFS_KEPT } from '@desist/pipeline';
import { createMemoryTrail } from './audit-trail.ts';

interface Stored extends WhatIfJob {
  readonly owner: string | null;
}

export function createMemoryWhatIfs(trail: Pick<AuditTrail, 'note'> = createMemoryTrail()): WhatIfStore {
  const jobs = new Map<string, Stored>();
  const isOpen = ({ state }: WhatIfJob): boolean => state === 'waiting' || state === 'running';
  const keep = (job: Stored): WhatIfJob => {
    jobs.set(job.id, job);
    return valueOf(job);
  };
  const owned = (id: string, owner: string): Stored | undefined => {
    const job = jobs.get(id);
    return job?.state === 'running' && job.owner === owner ? job : undefined;
  };
  return {
    async start(wanted, entry) {
      const { resumeKey, startedAt } = wanted;
      for (const { id, updatedAt } of jobs.values()) if (updatedAt < startedAt - WHATIFS_KEPT) jobs.delete(id);
      const same = [...jobs.values()].find((job) => job.resumeKey === resumeKey && (isOpen(job) || job.state === 'stopped'));
      if (same !== undefined && isOpen(same)) return valueOf(same);
      if ([...jobs.values()].filter(isOpen).length >= MOST_WHATIFS) return null;
      if (same === undefined) {
        const job = { ...wanted, state: 'waiting', owner: null, done: 0, total: null, result: null, problem: null } as const;
        const made = keep({ ...job, updatedAt: startedAt });
        await trail.note([entry(made, true)]);
        return made;
      }
      const again = keep({ ...same, state: 'waiting', owner: null, done: 0, total: null, updatedAt: startedAt });
      await trail.note([entry(again, false)]);
      return again;
    },
    async job(id) {
      const job = jobs.get(id);
      return job === undefined ? null : valueOf(job);
    },
    jobs: async ({ tenants, limit }) =>
      [...jobs.values()]
        .filter(({ tenant }) => tenants === undefined || (tenant !== null && tenants.includes(tenant)))
        .sort((a, b) => b.startedAt - a.startedAt || (a.id < b.id ? 1 : -1))
        .slice(0, limit)
        .map(valueOf),
    async claim(owner, at) {
      const [job] = [...jobs.values()]
        .filter(({ state, updatedAt }) => state === 'waiting' || (state === 'running' && updatedAt < at - WHATIF_ABANDONED))
        .sort((a, b) => a.startedAt - b.startedAt || (a.id < b.id ? -1 : 1));
      return job === undefined ? null : keep({ ...job, state: 'running', owner, done: 0, total: null, updatedAt: at });
    },
    async progress(id, owner, at, counts) {
      const job = owned(id, owner);
      if (job === undefined) return false;
      keep({ ...job, ...counts, updatedAt: at });
      return true;
    },
    async end({ id, owner }, at, end, entry) {
      const job = owned(id, owner);
      if (job === undefined) return false;
      const { result = null, problem = null } = end as { readonly result?: string; readonly problem?: string };
      keep({ ...job, state: problem === null ? 'done' : 'failed', owner: null, result, problem, updatedAt: at });
      await trail.note([entry]);
      return true;
    },
    async stop(id, at, entry) {
      const job = jobs.get(id);
      if (job === undefined || !isOpen(job)) return null;
      const stopped = keep({ ...job, state: 'stopped', owner: null, updatedAt: at });
      await trail.note([entry]);
      return stopped;
    },
  };
}

function valueOf({ owner: _, ...job }: Stored): WhatIfJob {
  return job;
}
