/** The store port in memory: the smallest statement of what a store must do, and the place where simulations inject faults. */
import { StoreError } from '@desist/pipeline';
import type {
  CommitPlan,
  CommitResult,
  DeadLetter,
  ForgottenRow,
  HistoryRow,
  IncidentCount,
  KnownIncident,
  OutboxRow,
  Ownership,
  RecipientRow,
  RecipientStore,
  StoredRecipient,
  TrackedRow,
} from '@desist/pipeline';

export interface MemoryCheckpoint {
  epoch: number;
  nextOffset: number;
  clock: number;
  nextNumber: number;
  attempts: number;
  stopped: string | null;
  toleratedBelow: number;
  contrast: readonly string[];
  incidents: readonly KnownIncident[];
  incidentCounts: readonly IncidentCount[];
}

/** What the next commits meet: `lost_before` nothing was done, `lost_after` it was done and the answer lost. */
export type CommitFault = 'none' | 'lost_before' | 'lost_after' | 'unavailable';

export interface MemoryStore extends RecipientStore {
  /** Asked before each commit. */
  fault: () => CommitFault;
  /** Everything committed, for comparison. */
  rows(): readonly RecipientRow[];
  checkpoint(partition: number): Readonly<MemoryCheckpoint> | undefined;
  history(): readonly HistoryRow[];
  clockMoves(): CommitPlan['clockMoves'];
  erased(): readonly ForgottenRow[];
}

const PAGE = 1_000;

/** `page`: rows that one answer holds at most. */
export function createMemoryStore(now: () => number = () => Date.now(), page = PAGE): MemoryStore {
  const checkpoints = new Map<number, MemoryCheckpoint>();
  const recipients = new Map<string, RecipientRow>();
  let outbox: (OutboxRow & { partition: number })[] = [];
  let letters: (DeadLetter & { partition: number })[] = [];
  let history: HistoryRow[] = [];
  /** By the key itself: nothing here outlives the process. */
  const erased = new Map<string, ForgottenRow>();
  const clockMoves: { beforeOffset: number; clock: number }[] = [];
  /** In the order in which they came; nobody's place is taken. */
  const places = new Map<string, number>();

  function checkpointOf(partition: number): MemoryCheckpoint {
    let checkpoint = checkpoints.get(partition);
    if (checkpoint === undefined) {
      const nothing = { contrast: [], incidents: [], incidentCounts: [] };
      checkpoint = { epoch: 0, nextOffset: 0, clock: 0, nextNumber: 1, attempts: 0, stopped: null, toleratedBelow: 0, ...nothing };
      checkpoints.set(partition, checkpoint);
    }
    return checkpoint;
  }

  function owned({ partition, epoch }: Ownership): MemoryCheckpoint | undefined {
    const checkpoint = checkpoints.get(partition);
    return checkpoint?.epoch === epoch ? checkpoint : undefined;
  }

  function apply(plan: CommitPlan): CommitResult {
    const checkpoint = owned(plan);
    if (checkpoint?.nextOffset !== plan.fromOffset || checkpoint.nextNumber !== plan.fromNumber) return 'fenced';
    requireOnce(plan.recipients, keyOf);
    requireOnce(plan.incidentCounts, countKeyOf);
    for (const row of plan.erased ?? []) {
      const { tenant, address, version, at, blocks } = row;
      erased.set(keyOf(row), { tenant, address, version, at, blocks });
      if (!row.whole) continue;
      recipients.delete(keyOf(row));
      history = history.filter((entry) => keyOf(entry) !== keyOf(row));
    }
    for (const row of plan.recipients) {
      const key = keyOf(row);
      const before = recipients.get(key);
      recipients.set(key, { ...row, holds: row.holds ?? before?.holds });
      if (!places.has(key)) places.set(key, places.size + 1);
    }
    for (const gone of plan.forgotten) recipients.delete(keyOf(gone));
    outbox.push(...plan.outbox.map((row) => ({ ...row, partition: plan.partition })).sort((a, b) => a.number - b.number));
    letters.push(...plan.deadLetters.map((row) => ({ ...row, partition: plan.partition })));
    // As in the database, a change of somebody who has no row is not kept.
    history.push(...plan.history.filter((entry) => recipients.has(keyOf(entry))));
    clockMoves.push(...plan.clockMoves);
    const { nextOffset, clock, nextNumber, attempts } = plan;
    Object.assign(checkpoint, { nextOffset, clock, nextNumber, attempts });
    const { contrast } = plan;
    if (contrast !== null) checkpoint.contrast = contrast.replaces ? [contrast.body] : [...checkpoint.contrast, contrast.body];
    checkpoint.incidents = merged(checkpoint.incidents, plan.incidents, ({ incident }) => incident.id);
    checkpoint.incidentCounts = merged(checkpoint.incidentCounts, plan.incidentCounts, countKeyOf);
    return 'committed';
  }

  const store: MemoryStore = {
    fault: () => 'none',
    rows: () => [...recipients.values()],
    checkpoint: (partition) => checkpoints.get(partition),
    history: () => history,
    clockMoves: () => clockMoves,
    erased: () => [...erased.values()],
    async claim(partition) {
      const checkpoint = checkpointOf(partition);
      checkpoint.epoch += 1;
      return { partition, ...checkpoint };
    },
    async position(partition) {
      const checkpoint = checkpoints.get(partition);
      if (checkpoint === undefined) return null;
      const { epoch, nextOffset, nextNumber } = checkpoint;
      return { epoch, nextOffset, nextNumber };
    },
    async beginAttempt(owner) {
      const checkpoint = owned(owner);
      if (checkpoint === undefined) return null;
      checkpoint.attempts += 1;
      return checkpoint.attempts;
    },
    async markStopped(owner, reason) {
      const checkpoint = owned(owner);
      if (checkpoint === undefined) return 'fenced';
      checkpoint.stopped = reason;
      return 'committed';
    },
    async resume(partition, { toleratedBelow, skipTo }) {
      const checkpoint = checkpoints.get(partition);
      if (checkpoint === undefined) return null;
      const { stopped: was, nextOffset: from } = checkpoint;
      Object.assign(checkpoint, { epoch: checkpoint.epoch + 1, stopped: null, attempts: 0, toleratedBelow, nextOffset: skipTo ?? from });
      return { partition, epoch: checkpoint.epoch, from, nextOffset: checkpoint.nextOffset, was };
    },
    async *tracked(partition) {
      const rows = [...recipients.values()].filter((row) => row.tracked && row.partition === partition);
      for (let from = 0; from < rows.length; from += page) {
        yield rows.slice(from, from + page).map(({ tenant, address, due, policy }): TrackedRow => ({ tenant, address, due, policy }));
      }
    },
    async concerned(partition, { since, tenant, domain, mention }, cursor) {
      const rows = [...recipients.values()]
        .filter((row) => row.tracked && row.partition === partition && row.updatedAt >= since)
        .filter((row) => (tenant ?? row.tenant) === row.tenant && (domain === null || row.address.endsWith(`@${domain}`)))
        .filter((row) => mention === null || row.evidence.includes(mention))
        .map((row) => ({ tenant: row.tenant, address: row.address, place: places.get(keyOf(row)) ?? 0 }))
        .filter(({ place }) => place > cursor)
        .sort((a, b) => a.place - b.place)
        .slice(0, page);
      return { recipients: rows, cursor: rows.length < page ? null : (rows.at(-1)?.place ?? null) };
    },
    async load(keys) {
      return keys.flatMap((key): StoredRecipient[] => {
        const row = recipients.get(keyOf(key));
        if (row === undefined) return [];
        const { tenant, address, partition, version, evidence } = row;
        return [{ tenant, address, partition, version, evidence }];
      });
    },
    async forgotten(keys) {
      return keys.flatMap((key) => erased.get(keyOf(key)) ?? []);
    },
    async commit(plan) {
      const fault = store.fault();
      if (fault === 'unavailable') throw new StoreError('unavailable', 'injected: the store is away');
      if (fault === 'lost_before') throw new StoreError('outcome_unknown', 'injected: connection cut before COMMIT arrived');
      // As a database's columns are.
      if (![plan.clock, plan.nextOffset, plan.nextNumber].every(Number.isSafeInteger)) {
        throw new Error('offsets, numbers and clocks are whole numbers');
      }
      const result = apply(plan);
      if (fault === 'lost_after') throw new StoreError('outcome_unknown', 'injected: answer to COMMIT lost');
      return result;
    },
    async outbox(partition, limit) {
      return outbox
        .filter((row) => row.partition === partition)
        .slice(0, limit)
        .map(({ partition: _, ...row }) => row);
    },
    async deadLetters(partition, limit) {
      return letters
        .filter((row) => row.partition === partition)
        .slice(0, limit)
        .map(({ partition: _, ...row }) => row);
    },
    async relayed(owner, { number, deadLetterOffset }) {
      const { partition } = owner;
      if (owned(owner) === undefined) return 'fenced';
      outbox = outbox.filter((row) => row.partition !== partition || number === null || row.number > number);
      letters = letters.filter((row) => row.partition !== partition || deadLetterOffset === null || row.offset > deadLetterOffset);
      return 'committed';
    },
    now: async () => now(),
  };
  return store;
}

/** A statement that writes one row twice fails in the database (Postgres: 21000). */
function requireOnce<T>(rows: readonly T[], nameOf: (row: T) => string): void {
  if (new Set(rows.map(nameOf)).size < rows.length) throw new Error('one row twice in one commit');
}

/** Later ones take the place of earlier ones with the same name. */
function merged<T>(known: readonly T[], more: readonly T[], nameOf: (one: T) => string): readonly T[] {
  return more.length === 0 ? known : [...new Map([...known, ...more].map((one) => [nameOf(one), one])).values()];
}

const countKeyOf = ({ provider, at }: IncidentCount): string => `${provider} ${at}`;

function keyOf({ tenant, address }: { readonly tenant: string; readonly address: string }): string {
  return `${tenant}/${address}`;
}
