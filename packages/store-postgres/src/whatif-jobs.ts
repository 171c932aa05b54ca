/** The store of what-ifs on SQL. */
import { MOST_WHATIFS, StoreError, WHATIF_ABANDONED, WHATIFS_KEPT } from '@desist/pipeline';
import type { WhatIfStore } from '@desist/pipeline';
import type { Database } from '@desist/postgres';
import { noteActs } from './audit-trail.ts';
import { advanceWhatIf } from './statements/advance-whatif.ts';
import { claimWhatIf } from './statements/claim-whatif.ts';
import { countOpenWhatIfs } from './statements/count-open-whatifs.ts';
import { dropOldWhatIfs } from './statements/drop-old-whatifs.ts';
import { endWhatIf } from './statements/end-whatif.ts';
import { findSameWhatIf } from './statements/find-same-whatif.ts';
import { findWhatIf } from './statements/find-whatif.ts';
import { insertWhatIf } from './statements/insert-whatif.ts';
import { listWhatIfs } from './statements/list-whatifs.ts';
import { resumeWhatIf } from './statements/resume-whatif.ts';
import { stopWhatIf } from './statements/stop-whatif.ts';

export function createWhatIfStore(db: Database): WhatIfStore {
  return {
    start: (wanted, entry) =>
      db.transaction(async (tx) => {
        const { resumeKey, startedAt: at } = wanted;
        await dropOldWhatIfs.run(tx, { before: at - WHATIFS_KEPT });
        const same = await findSameWhatIf.first(tx, { resumeKey });
        if (same !== undefined && same.state !== 'stopped') return same;
        if (((await countOpenWhatIfs.first(tx, {}))?.count ?? 0) >= MOST_WHATIFS) return null;
        const job = same === undefined ? await insertWhatIf.first(tx, wanted) : await resumeWhatIf.first(tx, { id: same.id, at });
        if (job === undefined) throw new StoreError('unavailable', 'the same what-if was asked for at this moment');
        await noteActs(tx, [entry(job, same === undefined)]);
        return job;
      }),
    job: async (id) => (await findWhatIf.first(db, { id })) ?? null,
    jobs: ({ tenants, limit }) => listWhatIfs.run(db, { tenants: tenants ?? null, limit }),
    claim: async (owner, at) => (await claimWhatIf.first(db, { owner, at, before: at - WHATIF_ABANDONED })) ?? null,
    progress: async (id, owner, at, counts) => (await advanceWhatIf.first(db, { id, owner, at, ...counts })) !== undefined,
    end: ({ id, owner }, at, end, entry) =>
      db.transaction(async (tx) => {
        const { result = null, problem = null } = end as { readonly result?: string; readonly problem?: string };
        const ended = await endWhatIf.first(tx, { id, owner, at, state: problem === null ? 'done' : 'failed', result, problem });
        if (ended !== undefined) await noteActs(tx, [entry]);
        return ended !== undefined;
      }),
    stop: (id, at, entry) =>
      db.transaction(async (tx) => {
        const stopped = await stopWhatIf.first(tx, { id, at });
        if (stopped !== undefined) await noteActs(tx, [entry]);
        return stopped ?? null;
      }),
  };
}
