/** What is decided about sender incidents, and what all partitions counted together. */
import type { PoolCounts, SenderCount } from '@desist/domain';
import type { SenderIncidentStore, SentBy, SentCounts } from '@desist/pipeline';
import type { Database } from '@desist/postgres';
import { dropOldSenderIncidents } from './statements/drop-old-sender-incidents.ts';
import { dropOldSenderReplies } from './statements/drop-old-sender-replies.ts';
import { findSenderIncident } from './statements/find-sender-incident.ts';
import { findSenderSuspects } from './statements/find-sender-suspects.ts';
import { insertSenderIncident } from './statements/insert-sender-incident.ts';
import { listOpenSenderIncidents } from './statements/list-open-sender-incidents.ts';
import { listSenderIncidentsSince } from './statements/list-sender-incidents-since.ts';
import { listUnannouncedSenderIncidents } from './statements/list-unannounced-sender-incidents.ts';
import { markSenderIncidentAnnounced } from './statements/mark-sender-incident-announced.ts';
import { pageSenderIncidents } from './statements/page-sender-incidents.ts';
import { senderIncidentOf, senderValuesOf } from './statements/sender-incident-columns.ts';
import { sumProviderReplies } from './statements/sum-provider-replies.ts';
import { sumSenderCounts } from './statements/sum-sender-counts.ts';
import type { SummedTries } from './statements/sum-sender-counts.ts';
import { sumSenderReplies } from './statements/sum-sender-replies.ts';
import { updateSenderIncident } from './statements/update-sender-incident.ts';

const PRUNED_AT_ONCE = 10_000;
const ANNOUNCED_AT_ONCE = 100;

export function createSenderIncidentStore(db: Database): SenderIncidentStore {
  return {
    suspects: (terms) => findSenderSuspects.run(db, terms),
    async counts(by, span) {
      if (by.length === 0) return [];
      const found = Map.groupBy(await sumSenderCounts.run(db, { ...columnsOf(by), ...span }), ({ place }) => place);
      return by.flatMap((one, index): SentCounts[] => {
        const rows = found.get(index + 1);
        return rows === undefined ? [] : [{ by: one, pools: poolsOf(rows) }];
      });
    },
    replies: (place, span) => sumSenderReplies.run(db, { ...place, ...span }),
    repliesOf: (provider, { tenants = null, ...which }) => sumProviderReplies.run(db, { provider, tenants, ...which }),
    async insert(row) {
      return (await insertSenderIncident.run(db, senderValuesOf(row))).length === 1;
    },
    async update(row, revision) {
      return (await updateSenderIncident.run(db, { ...senderValuesOf(row), expected: revision })).length === 1;
    },
    async find(id) {
      const row = await findSenderIncident.first(db, { id });
      return row === undefined ? null : senderIncidentOf(row);
    },
    async list({ tenants = null, limit, before }) {
      const position = { beforeAt: before?.createdAt ?? null, beforeId: before?.id ?? null };
      return (await pageSenderIncidents.run(db, { tenants, ...position, limit })).map(senderIncidentOf);
    },
    async open() {
      return (await listOpenSenderIncidents.run(db, {})).map(senderIncidentOf);
    },
    async since(by, moment) {
      return (await listSenderIncidentsSince.run(db, { ...columnsOf(by), moment })).map(senderIncidentOf);
    },
    async unannounced() {
      return (await listUnannouncedSenderIncidents.run(db, { limit: ANNOUNCED_AT_ONCE })).map(senderIncidentOf);
    },
    async markAnnounced(id, revision) {
      await markSenderIncidentAnnounced.run(db, { id, revision });
    },
    async prune({ replies, incidents, most }) {
      while ((await dropOldSenderReplies.run(db, { before: replies, limit: PRUNED_AT_ONCE })).length === PRUNED_AT_ONCE);
      await dropOldSenderIncidents.run(db, { before: incidents, most });
    },
  };
}

function columnsOf(by: readonly SentBy[]): { readonly tenants: readonly string[]; readonly providers: readonly string[] } {
  return { tenants: by.map(({ tenant }) => tenant), providers: by.map(({ provider }) => provider) };
}

function poolsOf(rows: readonly SummedTries[]): readonly PoolCounts[] {
  return [...Map.groupBy(rows, ({ pool }) => pool)].map(([pool, of]) => ({
    pool,
    counts: of.map(({ at, tries, refused, recipients }): SenderCount => ({ at, tries, refused, recipients })),
  }));
}
