/** What is decided about incidents, and what all partitions counted together. */
import { summedCodes } from '@desist/pipeline';
import type {
  CountedBy,
  IncidentCount,
  IncidentProgress,
  IncidentStore,
  NewAuditEntry,
  ProviderCounts,
  StoredRecipient,
  SummedCount,
} from '@desist/pipeline';
import { encodeCursor, decodeCursor } from './cursor.ts';
import type { Database, Queries } from '@desist/postgres';
import { noteActs } from './audit-trail.ts';
import { boundScan } from './statements/bound-scan.ts';
import { dropOldIncidentCounts } from './statements/drop-old-incident-counts.ts';
import { dropOldKnownIncidents } from './statements/drop-old-known-incidents.ts';
import { findDetectedIncidents } from './statements/find-detected-incidents.ts';
import { findFoldedSoFar } from './statements/find-folded-so-far.ts';
import { findIncident } from './statements/find-incident.ts';
import { findSuspects } from './statements/find-suspects.ts';
import { incidentOf, valuesOf } from './statements/incident-columns.ts';
import { insertIncident } from './statements/insert-incident.ts';
import { listOpenIncidents } from './statements/list-open-incidents.ts';
import { listUnannouncedIncidents } from './statements/list-unannounced-incidents.ts';
import { markIncidentAnnounced } from './statements/mark-incident-announced.ts';
import { pageEvidence } from './statements/page-evidence.ts';
import { pageIncidents } from './statements/page-incidents.ts';
import { sumIncidentCounts } from './statements/sum-incident-counts.ts';
import type { Summed } from './statements/sum-incident-counts.ts';
import { sumIncidentProgress } from './statements/sum-incident-progress.ts';
import { updateIncident } from './statements/update-incident.ts';

const CODES = 10;
const SAMPLES = 5;
/** Recipients that one page of evidence looks at. */
const SCANNED = 5_000;
const PRUNED_AT_ONCE = 10_000;
const TOLD_AT_ONCE = 100;
/** ms. A row's `updatedAt` may be so much before what its newest evidence is about. */
const UPDATED_BEFORE = 10 * 60_000;
const NO_PROGRESS: IncidentProgress = { partitions: 0, done: 0, looked: 0, changed: 0 };

export function createIncidentStore(db: Database): IncidentStore {
  async function counts<By extends CountedBy>(all: readonly By[], since: number): Promise<readonly ProviderCounts<By>[]> {
    if (all.length === 0) return [];
    const [tenants, providers] = [all.map(({ tenant }) => tenant), all.map(({ provider }) => provider)];
    const found = Map.groupBy(await sumIncidentCounts.run(db, { tenants, providers, since }), ({ place }) => place);
    return all.flatMap((by, index) => {
      const rows = found.get(index + 1);
      return rows === undefined ? [] : [{ by, counts: rows.map(together) }];
    });
  }

  /** The entry is written if the work was done, in the same transaction. */
  async function noted(entry: NewAuditEntry | undefined, work: (tx: Queries) => Promise<boolean>): Promise<boolean> {
    if (entry === undefined) return work(db);
    return db.transaction(async (tx) => {
      const isDone = await work(tx);
      if (isDone) await noteActs(tx, [entry]);
      return isDone;
    });
  }

  return {
    async suspects({ since, recipients, share, baseline }) {
      return counts(await findSuspects.run(db, { since, recipients, share }), since - baseline);
    },
    counts,
    async progressOfAll() {
      const found = await findFoldedSoFar.first(db, {});
      if (found === undefined || found.clock === null) return null;
      return { clock: found.clock, records: found.records ?? 0, leader: found.leader };
    },
    insert: (row, entry) => noted(entry, async (tx) => (await insertIncident.run(tx, valuesOf(row))).length === 1),
    update: (row, revision, entry) =>
      noted(entry, async (tx) => (await updateIncident.run(tx, { ...valuesOf(row), expected: revision })).length === 1),
    async find(id) {
      const row = await findIncident.first(db, { id });
      return row === undefined ? null : incidentOf(row);
    },
    async list({ tenants = null, limit, before }) {
      const position = { beforeAt: before?.createdAt ?? null, beforeId: before?.id ?? null };
      return (await pageIncidents.run(db, { tenants, ...position, limit })).map(incidentOf);
    },
    async open() {
      return (await listOpenIncidents.run(db, {})).map(incidentOf);
    },
    async detected(providers, since) {
      return (await findDetectedIncidents.run(db, { providers, since })).map(incidentOf);
    },
    async unannounced() {
      return (await listUnannouncedIncidents.run(db, { limit: TOLD_AT_ONCE })).map(incidentOf);
    },
    async markAnnounced(id, revision) {
      await markIncidentAnnounced.run(db, { id, revision });
    },
    async progress(id, revision) {
      return (await sumIncidentProgress.first(db, { id, revision })) ?? NO_PROGRESS;
    },
    async evidence({ tenant, domain, provider, from }, { cursor, limit }) {
      const [after = 0] = cursor === null ? [] : (decodeCursor(cursor, ['number']) as number[]);
      const mention = provider === null ? null : JSON.stringify(provider);
      const scanned = await boundScan.first(db, { after, limit: SCANNED });
      if (scanned === undefined || scanned.upTo === null) return { recipients: [], cursor: null };
      const { upTo, count } = scanned;
      const rows = await pageEvidence.run(db, { after, upTo, since: from - UPDATED_BEFORE, tenant, domain, mention, limit });
      const full = rows.length === limit;
      const last = full ? (rows.at(-1)?.id ?? upTo) : upTo;
      return {
        recipients: rows.map(({ id: _, ...row }): StoredRecipient => row),
        cursor: full || count === SCANNED ? encodeCursor([last]) : null,
      };
    },
    async prune({ counts: before, incidents }) {
      while ((await dropOldIncidentCounts.run(db, { before, limit: PRUNED_AT_ONCE })).length === PRUNED_AT_ONCE);
      // By when it was decided, too: a window of years ago may have been voided today.
      await dropOldKnownIncidents.run(db, { before: incidents });
    },
  };
}

interface Detail {
  readonly codes: IncidentCount['codes'];
  readonly samples: IncidentCount['samples'];
}
const NO_DETAIL: Detail = { codes: [], samples: [] };

/** One partition's quarter, as it is stored. */
export function countOf({ detail, ...count }: Omit<IncidentCount, keyof Detail> & { readonly detail: string | null }): IncidentCount {
  return { ...count, ...(detail === null ? NO_DETAIL : (JSON.parse(detail) as Detail)) };
}

/** The same quarter of all partitions. */
function together({ details, place: _, ...count }: Summed): SummedCount {
  const found = (details ?? []).map((detail) => JSON.parse(detail) as Detail);
  return {
    ...count,
    codes: summedCodes(found.flatMap(({ codes }) => codes)).slice(0, CODES),
    samples: [...new Set(found.flatMap(({ samples }) => samples))].slice(0, SAMPLES),
  };
}
