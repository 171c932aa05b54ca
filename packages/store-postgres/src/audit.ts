/** The store of audits on SQL. */
import type { AuditStore } from '@desist/pipeline';
import type { Database } from '@desist/postgres';
import { advanceAudit } from './statements/advance-audit.ts';
import { findAudit } from './statements/find-audit.ts';
import { findListedAtLeast } from './statements/find-listed-at-least.ts';
import { findListed } from './statements/find-listed.ts';
import { findPublishedEnd } from './statements/find-published-end.ts';
import { keepPublishedEnd } from './statements/keep-published-end.ts';
import { listAudits } from './statements/list-audits.ts';
import { pageListed } from './statements/page-listed.ts';
import { requestAudit } from './statements/request-audit.ts';
import { shareCheckpoint } from './statements/share-checkpoint.ts';
import { stopAudit } from './statements/stop-audit.ts';

/** Recipients that one page reads. */
const PAGE = 1_000;

export function createAuditStore(db: Database): AuditStore {
  return {
    async requestAudit(partition, reason) {
      await requestAudit.run(db, { partition, reason });
    },
    stopAudit: async (partition) => (await stopAudit.run(db, { partition })).length > 0,
    audits: () => listAudits.run(db, {}),
    audit: async (partition) => (await findAudit.first(db, { partition })) ?? null,
    async advanceAudit(owner, request, { outcome, ...progress }) {
      const { partition } = owner;
      return db.transaction(async (tx) => {
        if ((await shareCheckpoint.run(tx, owner)).length === 0) return 'fenced';
        const noted = await advanceAudit.run(tx, { partition, request, state: outcome ?? 'running', ...progress });
        return noted.length === 0 ? 'superseded' : 'noted';
      });
    },
    async listed(partition, cursor) {
      const rows = await pageListed.run(db, { partition, after: cursor, limit: PAGE });
      return {
        recipients: rows.filter(({ suppressions, allowed }) => suppressions.length + allowed.length > 0),
        cursor: rows.length < PAGE ? null : (rows.at(-1)?.id ?? null),
      };
    },
    current: (partition, keys) => findListed.run(db, { partition, rows: keys.map((key, place) => ({ ...key, place })) }),
    listedAtLeast: async (partition) => (await findListedAtLeast.first(db, { partition }))?.listed ?? 0,
    publishedEnd: async (partition) => (await findPublishedEnd.first(db, { partition }))?.endsAt ?? null,
    async notePublishedEnd(partition, end) {
      await keepPublishedEnd.run(db, { partition, endsAt: end });
    },
  };
}
