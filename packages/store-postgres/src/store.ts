/** The store port on SQL: one transaction per commit, the compare-and-set first, whole columns at a time. */
import type {
  Claim,
  CommitPlan,
  CommitResult,
  DeadLetter,
  Tombstone,
  KnownIncident,
  LogEvidence,
  OutboxRow,
  RecipientStore,
  TrackedRow,
} from '@desist/pipeline';
import { requireResumable } from '@desist/pipeline';
import type { Database, Queries } from '@desist/postgres';
import type { HashOf } from './tombstones.ts';
import { noteActs } from './audit-trail.ts';
import { eraseRecipients, readTombstones } from './tombstones.ts';
import { incarnationOf } from './incarnation.ts';
import { countOf } from './incidents.ts';
import { appendClockMoves } from './statements/append-clock-moves.ts';
import { appendAnnouncements } from './statements/append-announcements.ts';
import { appendBaseline } from './statements/append-baseline.ts';
import { appendDeadLetters } from './statements/append-dead-letters.ts';
import { decodeKnown } from './known-incident.ts';
import { appendHistory } from './statements/append-history.ts';
import { addSenderReplies } from './statements/add-sender-replies.ts';
import { addToHours } from './statements/add-to-hours.ts';
import { appendPendingRollups } from './statements/append-pending-rollups.ts';
import { appendOutbox } from './statements/append-outbox.ts';
import { beginAttempt } from './statements/begin-attempt.ts';
import { claimCheckpoint } from './statements/claim-checkpoint.ts';
import { commitCheckpoint } from './statements/commit-checkpoint.ts';
import { countFaults } from './statements/count-faults.ts';
import { deleteAllowances } from './statements/delete-allowances.ts';
import { deleteBaseline } from './statements/delete-baseline.ts';
import { deletePendingRollups } from './statements/delete-pending-rollups.ts';
import { deleteRecipients } from './statements/delete-recipients.ts';
import { deleteRelayedChanges } from './statements/delete-relayed-changes.ts';
import { deleteRelayedDeadLetters } from './statements/delete-relayed-dead-letters.ts';
import { deleteSuppressions } from './statements/delete-suppressions.ts';
import { findAnyErased } from './statements/find-any-erased.ts';
import { findCheckpoint } from './statements/find-checkpoint.ts';
import { findPublishedRevision } from './statements/find-published-revision.ts';
import { findNow } from './statements/find-now.ts';
import { insertAllowances } from './statements/insert-allowances.ts';
import type { AllowanceOf } from './statements/insert-allowances.ts';
import { insertSuppressions } from './statements/insert-suppressions.ts';
import type { SuppressionOf } from './statements/insert-suppressions.ts';
import { loadBaseline } from './statements/load-baseline.ts';
import { loadIncidentCounts } from './statements/load-incident-counts.ts';
import { loadKnownIncidents } from './statements/load-known-incidents.ts';
import { loadPendingRollups } from './statements/load-pending-rollups.ts';
import { loadRecipients } from './statements/load-recipients.ts';
import { lockCheckpoint } from './statements/lock-checkpoint.ts';
import { markAudited } from './statements/mark-audited.ts';
import { notePublishedSenders } from './statements/note-published-senders.ts';
import { noteOutcomes } from './statements/note-outcomes.ts';
import { markStopped } from './statements/mark-stopped.ts';
import { pageConcerned } from './statements/page-concerned.ts';
import { pageDeadLetters } from './statements/page-dead-letters.ts';
import { pageOutbox } from './statements/page-outbox.ts';
import { pageTracked } from './statements/page-tracked.ts';
import { resumeCheckpoint } from './statements/resume-checkpoint.ts';
import { parkChange } from './statements/park-change.ts';
import { parkDeadLetter } from './statements/park-dead-letter.ts';
import { setIncarnation } from './statements/set-incarnation.ts';
import { shareCheckpoint } from './statements/share-checkpoint.ts';
import { upsertIncidentCounts } from './statements/upsert-incident-counts.ts';
import { upsertKnownIncidents } from './statements/upsert-known-incidents.ts';
import { upsertRecipients } from './statements/upsert-recipients.ts';

const PAGE = 10_000;
/** Recipients that one page of `concerned` reads: with the evidence of each, some milliseconds. */
const CONCERNED = 2_000;
/** What a partition counts for incidents at most (`traffic/incident-counts.ts` of the pipeline). */
const QUARTERS = 20_000;

export interface StoreOptions {
  /** The keyed hash that stands for an erased recipient. Without it nobody can be erased. */
  readonly hashOf?: HashOf;
}

export function createStore(db: Database, { hashOf }: StoreOptions = {}): RecipientStore {
  /** Somebody of the partitions claimed here was erased. Only their owner erases, so nobody else changes the answer. */
  let anyErased = false;

  return {
    async claim(partition, owner, evidence) {
      const claimed = await db.transaction((tx) => claim(tx, partition, owner, evidence));
      // The epoch is ours: nobody else writes any more.
      const baseline = await loadBaseline.run(db, { partition });
      const told = await loadKnownIncidents.run(db, { partition });
      const quarters = await loadIncidentCounts.run(db, { partition, limit: QUARTERS });
      const pending = await loadPendingRollups.run(db, { partition });
      // Several partitions are claimed at once: what another claim has found meanwhile stays.
      const erased = await findAnyErased.first(db, { partition });
      if (erased?.any === true) anyErased = true;
      return {
        ...claimed,
        baseline: baseline.map(({ body }) => body),
        incidents: told.map((row): KnownIncident => ({ ...row, incident: decodeKnown(row.incident) })),
        incidentCounts: quarters.map(countOf),
        rollups: pending.map(({ body }) => body),
      };
    },

    async position(partition) {
      return (await findCheckpoint.first(db, { partition })) ?? null;
    },

    async markAudited(owner, incarnation) {
      return (await markAudited.run(db, { ...owner, incarnation })).length === 1 ? 'committed' : 'fenced';
    },

    async beginAttempt(owner) {
      return (await beginAttempt.first(db, owner))?.attempts ?? null;
    },

    async markStopped(owner, reason) {
      return (await markStopped.run(db, { ...owner, reason })).length === 1 ? 'committed' : 'fenced';
    },

    async resume(partition, terms) {
      const { toleratedBelow, skipTo = null, log = null, entry } = terms;
      return db.transaction(async (tx) => {
        const before = await lockCheckpoint.first(tx, { partition });
        if (before === undefined) return null;
        const was = requireResumable(partition, before, terms);
        const [after] = await resumeCheckpoint.run(tx, { partition, skipTo, toleratedBelow, log });
        if (after === undefined) throw new Error('an update of a locked row answered none');
        if (entry !== undefined) await noteActs(tx, [entry]);
        return { partition, ...after, from: before.nextOffset, was };
      });
    },

    async *tracked(partition) {
      for (let after = 0; ;) {
        const rows = await pageTracked.run(db, { partition, after, limit: PAGE });
        const last = rows.at(-1);
        if (last === undefined) return;
        yield rows.map(({ id: _, ...row }): TrackedRow => row);
        after = last.id;
      }
    },

    async concerned(partition, which, cursor) {
      const rows = await pageConcerned.run(db, { ...which, partition, after: cursor, limit: CONCERNED });
      return {
        recipients: rows.filter(({ concerned }) => concerned).map(({ tenant, address }) => ({ tenant, address })),
        cursor: rows.length < CONCERNED ? null : (rows.at(-1)?.id ?? null),
      };
    },

    load: (keys) => loadRecipients.run(db, { rows: keys }),

    async tombstones(keys): Promise<readonly Tombstone[]> {
      return anyErased && keys.length > 0 ? readTombstones(db, hashOf, keys) : [];
    },

    async publishedRevision(id) {
      return (await findPublishedRevision.first(db, { id }))?.published ?? 0;
    },

    async commit(plan) {
      anyErased ||= (plan.erased?.length ?? 0) > 0;
      return commit(db, plan, hashOf);
    },

    async outbox(partition, limit) {
      const rows = await pageOutbox.run(db, { partition, limit });
      return rows.map(({ lists, value, ...row }): OutboxRow => ({ ...row, value: lists ? value : undefined }));
    },

    deadLetters: (partition, limit): Promise<readonly DeadLetter[]> => pageDeadLetters.run(db, { partition, limit }),

    async relayed(owner, { sequence, deadLetterOffset }) {
      const { partition } = owner;
      return db.transaction(async (tx) => {
        if ((await shareCheckpoint.run(tx, owner)).length === 0) return 'fenced';
        if (sequence !== null) await deleteRelayedChanges.run(tx, { partition, upTo: sequence });
        if (deadLetterOffset !== null) await deleteRelayedDeadLetters.run(tx, { partition, upTo: deadLetterOffset });
        return 'committed';
      });
    },

    async park(owner, which, reason) {
      const { partition } = owner;
      return db.transaction(async (tx) => {
        if ((await shareCheckpoint.run(tx, owner)).length === 0) return 'fenced';
        if ('sequence' in which) await parkChange.run(tx, { partition, sequence: which.sequence, reason });
        else await parkDeadLetter.run(tx, { partition, offset: which.deadLetterOffset, reason });
        return 'committed';
      });
    },

    async now() {
      return (await findNow.first(db, {}))?.now ?? Number.NaN;
    },
  };
}

type Claimed = Omit<Claim, 'baseline' | 'incidents' | 'incidentCounts' | 'rollups'>;

async function claim(tx: Queries, partition: number, owner: string, evidence: LogEvidence | undefined): Promise<Claimed> {
  const [row] = await claimCheckpoint.run(tx, { partition, owner, log: evidence?.log ?? null });
  if (row === undefined) throw new Error('an insert or update answered no row');
  const { lastOffset, lastTime, lastKey, ...claimed } = row;
  const incarnation = await incarnationOf(tx, { nextSequence: claimed.nextSequence, published: evidence?.published ?? null });
  await setIncarnation.run(tx, { partition, incarnation });
  const isKnown = lastOffset !== null && lastTime !== null && lastKey !== null;
  const last = isKnown ? { offset: lastOffset, recordTime: lastTime, keyHash: lastKey } : null;
  return { partition, ...claimed, incarnation, last };
}

class Fenced extends Error {}

async function commit(db: Database, plan: CommitPlan, hashOf: HashOf | undefined): Promise<CommitResult> {
  try {
    await db.transaction(async (tx) => {
      // First, because it takes the lock that a second owner waits for.
      const { offset: lastOffset = null, recordTime: lastTime = null, keyHash: lastKey = null } = plan.last ?? {};
      if ((await commitCheckpoint.run(tx, { ...plan, lastOffset, lastTime, lastKey })).length === 0) throw new Fenced();
      await eraseRecipients(tx, hashOf, plan);
      await writeRecipients(tx, plan);
      await writeActive(tx, plan);
      await writeRest(tx, plan);
      await writeIncidents(tx, plan);
      await writeSenders(tx, plan);
      await writeRollups(tx, plan);
    });
    return 'committed';
  } catch (error) {
    if (error instanceof Fenced) return 'fenced';
    throw error;
  }
}

async function writeRecipients(tx: Queries, { recipients, untracked }: CommitPlan): Promise<void> {
  // One order for everybody: two transactions never wait for each other's rows.
  const rows = [...recipients].sort((a, b) => compare(a.tenant, b.tenant) || compare(a.address, b.address));
  if (rows.length > 0) await upsertRecipients.run(tx, { rows });
  if (untracked.length > 0) await deleteRecipients.run(tx, { rows: untracked });
}

async function writeActive(tx: Queries, { recipients }: CommitPlan): Promise<void> {
  const changed = recipients.filter(({ active }) => active !== undefined);
  if (changed.length === 0) return;
  await deleteSuppressions.run(tx, { rows: changed });
  await deleteAllowances.run(tx, { rows: changed });
  const suppressions = changed.flatMap(({ tenant, address, updatedAt, active }) =>
    (active?.suppressions ?? []).map((suppression): SuppressionOf => ({ ...suppression, tenant, address, updatedAt })),
  );
  if (suppressions.length > 0) await insertSuppressions.run(tx, { rows: suppressions });
  const allowances = changed.flatMap(({ tenant, address, active }) =>
    (active?.allowed ?? []).map((allowance): AllowanceOf => ({ ...allowance, tenant, address })),
  );
  if (allowances.length > 0) await insertAllowances.run(tx, { rows: allowances });
}

async function writeRest(tx: Queries, plan: CommitPlan): Promise<void> {
  const { partition, history, announcements = [], outbox, deadLetters, clockMoves, baseline, outcomes = [], faults = [] } = plan;
  if (history.length > 0) await appendHistory.run(tx, { partition, rows: history });
  if (announcements.length > 0) await appendAnnouncements.run(tx, { partition, rows: announcements });
  if (outbox.length > 0) await appendOutbox.run(tx, { partition, rows: outbox });
  if (deadLetters.length > 0) await appendDeadLetters.run(tx, { partition, rows: deadLetters });
  if (clockMoves.length > 0) await appendClockMoves.run(tx, { partition, rows: clockMoves });
  if (outcomes.length > 0) await noteOutcomes.run(tx, { rows: outcomes });
  if (faults.length > 0) await countFaults.run(tx, { partition, rows: faults });
  if (baseline !== null) {
    if (baseline.replaces) await deleteBaseline.run(tx, { partition });
    await appendBaseline.run(tx, { partition, body: baseline.body });
  }
}

async function writeIncidents(tx: Queries, { partition, incidents, incidentCounts }: CommitPlan): Promise<void> {
  if (incidents.length > 0) await upsertKnownIncidents.run(tx, { partition, rows: incidents });
  if (incidentCounts.length === 0) return;
  // One order for everybody, as with the recipients.
  const rows = [...incidentCounts].sort((a, b) => compare(a.provider, b.provider) || compare(a.tenant, b.tenant) || a.at - b.at);
  await upsertIncidentCounts.run(tx, { partition, rows });
}

async function writeSenders(tx: Queries, { partition, senderReplies = [], senderIncidents = [] }: CommitPlan): Promise<void> {
  if (senderReplies.length > 0) await addSenderReplies.run(tx, { partition, rows: senderReplies });
  if (senderIncidents.length > 0) await notePublishedSenders.run(tx, { rows: senderIncidents });
}

async function writeRollups(tx: Queries, { partition, rollups, ...plan }: CommitPlan): Promise<void> {
  if (rollups === null) return;
  const moves = plan.nextOffset > plan.fromOffset || plan.nextSequence > plan.fromSequence;
  if (rollups.kind === 'pending') {
    const { body } = rollups;
    if (moves || (await loadPendingRollups.run(tx, { partition })).every((kept) => kept.body !== body))
      await appendPendingRollups.run(tx, { partition, body });
    return;
  }
  const pending = await deletePendingRollups.run(tx, { partition });
  if (!moves && pending.length === 0) return;
  if (rollups.hours.length > 0) await addToHours.run(tx, { partition, rows: rollups.hours });
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
