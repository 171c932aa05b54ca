/** The store port in memory. It is the reference implementation of a store, and simulations inject faults here. */
import type { RecipientRef } from '@desist/domain';
import { incarnationAfter, incarnationBehind, isOwnedBy, quartersOf, requireResumable, StoreError } from '@desist/pipeline';
import type {
  Audit,
  AuditStore,
  CommandOutcome,
  CommitPlan,
  CommitResult,
  CountedFault,
  DeadLetter,
  Tombstone,
  HistoryRow,
  IncidentCount,
  KnownIncident,
  LastRecord,
  ListedRecipient,
  OutboxRow,
  OutcomeStore,
  Ownership,
  RecipientRow,
  RecipientStore,
  RollupHour,
  RollupRow,
  SenderReplyRow,
  LoadedRecipient,
  TrackedRow,
} from '@desist/pipeline';
import { createMemoryTrail } from './audit-trail.ts';
import type { MemoryTrail } from './audit-trail.ts';

export interface MemoryCheckpoint {
  epoch: number;
  nonce: string;
  /** The run of the database that it was claimed in. */
  run: number;
  incarnation: number;
  auditedIncarnation: number;
  log: string | null;
  last: LastRecord | null;
  nextOffset: number;
  clock: number;
  nextSequence: number;
  attempts: number;
  stopped: string | null;
  toleratedBelow: number;
  baseline: readonly string[];
  incidents: readonly KnownIncident[];
  incidentCounts: readonly IncidentCount[];
  rollups: readonly string[];
}

/**
 * Fault injected into a commit. `lost_before`: the connection fails before anything is written; `lost_after`: the commit succeeds, but its
 * answer is lost; `unavailable`: the store rejects the commit.
 */
export type CommitFault = 'none' | 'lost_before' | 'lost_after' | 'unavailable';

export interface MemoryStore extends RecipientStore, AuditStore, OutcomeStore {
  /** Where `resume` writes its entries. */
  readonly trail: MemoryTrail;
  /** Called before each commit. */
  fault: () => CommitFault;
  /** All committed recipients, for comparison in tests. */
  rows(): readonly RecipientRow[];
  checkpoint(partition: number): Readonly<MemoryCheckpoint> | undefined;
  history(): readonly HistoryRow[];
  clockMoves(): CommitPlan['clockMoves'];
  /** What the commits counted of a partition, without what is pending. */
  rollups(partition: number): { readonly quarters: readonly RollupRow[]; readonly hours: readonly RollupRow[] };
  /** Replies that refused tries for the sender's fault, as the commits added them up. */
  senderReplies(partition: number): readonly SenderReplyRow[];
  erased(): readonly Tombstone[];
  /** Everything that is stored, as a back-up keeps it. */
  snapshot(): MemorySnapshot;
  /**
   * The database goes back to what it was. `asCopy`: a restored dump or a promoted standby, which knows that it is another one; otherwise the
   * same files as they were, which know nothing.
   */
  restore(snapshot: MemorySnapshot, asCopy: boolean): void;
  /** Changes and dead letters that the log rejected permanently. */
  parked(): readonly ({ readonly partition: number; readonly reason: string } & (
    { readonly sequence: number } | { readonly deadLetterOffset: number }
  ))[];
}

/** Opaque: `restore` takes it. */
export interface MemorySnapshot {
  readonly checkpoints: ReadonlyMap<number, MemoryCheckpoint>;
  readonly recipients: ReadonlyMap<string, RecipientRow>;
  readonly outbox: readonly Kept<OutboxRow>[];
  readonly letters: readonly Kept<DeadLetter>[];
  readonly history: readonly HistoryRow[];
  readonly erased: ReadonlyMap<string, Tombstone>;
  readonly clockMoves: CommitPlan['clockMoves'];
  readonly quarters: ReadonlyMap<string, PartitionRollup>;
  readonly hours: ReadonlyMap<string, PartitionRollup>;
  readonly senderReplies: ReadonlyMap<string, PartitionReply>;
  readonly publishedSenders: ReadonlyMap<string, number>;
  readonly incarnation: number;
}

type PartitionRollup = RollupRow & { readonly partition: number };
type PartitionReply = SenderReplyRow & { readonly partition: number };

/** A row that waits to be relayed. `parked`: the reason why it never will be, otherwise null. */
type Kept<Row> = Row & { readonly partition: number; readonly parked: string | null };

const PAGE = 1_000;

/** `page`: maximum number of rows per answer. */
export function createMemoryStore(now: () => number = () => Date.now(), page = PAGE): MemoryStore {
  const checkpoints = new Map<number, MemoryCheckpoint>();
  const recipients = new Map<string, RecipientRow>();
  let outbox: Kept<OutboxRow>[] = [];
  let letters: Kept<DeadLetter>[] = [];
  let history: HistoryRow[] = [];
  /** By plain key: the data does not outlive the process, so hashing is not needed. */
  const erased = new Map<string, Tombstone>();
  const quarters = new Map<string, PartitionRollup>();
  const hours = new Map<string, PartitionRollup>();
  const senderReplies = new Map<string, PartitionReply>();
  /** Revisions of sender incidents. */
  const publishedSenders = new Map<string, number>();
  let clockMoves: CommitPlan['clockMoves'] = [];
  let incarnation = 0;
  /** The database is a copy of an earlier one, and no claim has noticed yet. */
  let isCopy = false;
  let claims = 0;
  /** Rises when the database starts anew: claims of before have ended. */
  let run = 0;
  /** Insertion number per recipient, kept after deletion and never reused. */
  const places = new Map<string, number>();
  const audits = new Map<number, Audit>();
  const publishedEnds = new Map<number, number>();
  /** Null: not folded yet. */
  const outcomes = new Map<string, CommandOutcome | null>();
  const faults = new Map<string, CountedFault>();
  const trail = createMemoryTrail();

  function checkpointOf(partition: number): MemoryCheckpoint {
    let checkpoint = checkpoints.get(partition);
    if (checkpoint === undefined) {
      checkpoint = {
        ...{ epoch: 0, nonce: '', run, nextOffset: 0, clock: 0, nextSequence: 1, attempts: 0, stopped: null, toleratedBelow: 0 },
        ...{ incarnation: 0, auditedIncarnation: 0, log: null, last: null, baseline: [], incidents: [], incidentCounts: [], rollups: [] },
      };
      checkpoints.set(partition, checkpoint);
    }
    return checkpoint;
  }

  /** Never given again, also not after the database went back. */
  function newNonce(): string {
    claims += 1;
    return `claim ${claims}`;
  }

  function owned(owner: Ownership): MemoryCheckpoint | undefined {
    const checkpoint = checkpoints.get(owner.partition);
    return checkpoint?.run === run && isOwnedBy(checkpoint, owner) ? checkpoint : undefined;
  }

  function apply(plan: CommitPlan): CommitResult {
    const checkpoint = owned(plan);
    if (checkpoint?.nextOffset !== plan.fromOffset || checkpoint.nextSequence !== plan.fromSequence) return 'fenced';
    requireOnce(plan.recipients, keyOf);
    requireOnce(plan.incidentCounts, countKeyOf);
    requireOnce(plan.senderReplies ?? [], replyKeyOf);
    if (plan.rollups?.kind === 'counted') requireOnce(plan.rollups.hours, rollupKeyOf);
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
      recipients.set(key, { ...row, active: row.active ?? before?.active });
      if (!places.has(key)) places.set(key, places.size + 1);
    }
    for (const gone of plan.untracked) recipients.delete(keyOf(gone));
    outbox.push(...plan.outbox.map((row) => ({ ...row, partition: plan.partition, parked: null })).sort((a, b) => a.sequence - b.sequence));
    letters.push(...plan.deadLetters.map((row) => ({ ...row, partition: plan.partition, parked: null })));
    // As in the database, a change of a recipient without a row is not stored.
    history.push(...plan.history.filter((entry) => recipients.has(keyOf(entry))));
    clockMoves = [...clockMoves, ...plan.clockMoves];
    const { nextOffset, clock, nextSequence, attempts } = plan;
    Object.assign(checkpoint, { nextOffset, clock, nextSequence, attempts });
    checkpoint.last = plan.last ?? checkpoint.last;
    const { baseline } = plan;
    if (baseline !== null) checkpoint.baseline = baseline.replaces ? [baseline.body] : [...checkpoint.baseline, baseline.body];
    checkpoint.incidents = merged(checkpoint.incidents, plan.incidents, ({ incident }) => incident.id);
    writeRollups(plan, checkpoint);
    writeSenders(plan);
    checkpoint.incidentCounts = merged(checkpoint.incidentCounts, plan.incidentCounts, countKeyOf);
    for (const outcome of plan.outcomes ?? []) {
      const key = nameOf(outcome);
      if (outcomes.has(key)) outcomes.set(key, outcome);
    }
    for (const { kind, count, lastOffset } of plan.faults ?? []) {
      const key = `${plan.partition} ${kind}`;
      const { partition } = plan;
      faults.set(key, { partition, kind, count: (faults.get(key)?.count ?? 0) + count, lastOffset, lastAt: now() });
    }
    return 'committed';
  }

  function writeSenders({ partition, senderReplies: added = [], senderIncidents = [] }: CommitPlan): void {
    for (const row of added) {
      const key = `${partition} ${replyKeyOf(row)}`;
      const before = senderReplies.get(key) ?? { events: 0, recipients: 0, reply: null };
      const sum = { events: before.events + row.events, recipients: before.recipients | row.recipients, reply: before.reply ?? row.reply };
      senderReplies.set(key, { ...row, ...sum, partition });
    }
    for (const { id, revision } of senderIncidents) publishedSenders.set(id, Math.max(revision, publishedSenders.get(id) ?? 0));
  }

  function writeRollups(plan: CommitPlan, checkpoint: MemoryCheckpoint): void {
    const { partition, rollups } = plan;
    if (rollups === null) return;
    const moves = plan.nextOffset > plan.fromOffset || plan.nextSequence > plan.fromSequence;
    if (rollups.kind === 'pending') {
      if (moves || !checkpoint.rollups.includes(rollups.body)) checkpoint.rollups = [...checkpoint.rollups, rollups.body];
      return;
    }
    const isNew = moves || checkpoint.rollups.length > 0;
    checkpoint.rollups = [];
    if (!isNew) return;
    for (const [table, rows] of [
      [quarters, quartersOf(rollups.hours)],
      [hours, rollups.hours.map(({ quarters: _, ...row }) => row)],
    ] as const) {
      for (const row of rows) {
        const key = `${partition} ${rollupKeyOf(row)}`;
        table.set(key, { ...row, partition, events: row.events + (table.get(key)?.events ?? 0) });
      }
    }
  }

  function rollupsOf(table: ReadonlyMap<string, PartitionRollup>, wanted: number): readonly RollupRow[] {
    return [...table.values()].filter((row) => row.partition === wanted).map(({ partition: _, ...row }) => row);
  }

  /** Tracked recipients of a partition in the order in which they came, behind this place. */
  function pageAfter(partition: number, cursor: number): readonly { readonly row: RecipientRow; readonly place: number }[] {
    return [...recipients.values()]
      .filter((row) => row.tracked && row.partition === partition)
      .map((row) => ({ row, place: places.get(keyOf(row)) ?? 0 }))
      .filter(({ place }) => place > cursor)
      .sort((a, b) => a.place - b.place)
      .slice(0, page);
  }

  function listedOf(partition: number, { tenant, address }: RecipientRef): ListedRecipient {
    const key = keyOf({ tenant, address });
    const row = recipients.get(key);
    const pending = outbox.some((one) => one.partition === partition && one.key === key && one.parked === null && one.value !== undefined);
    const { suppressions = [], allowed = [] } = row?.active ?? {};
    const held = suppressions.map(({ scope, reason, since, expiresAt, subdomains }) => {
      return { scope, reason, since, expiresAt, ...(subdomains ? { subdomains } : {}) };
    });
    return { tenant, address, partition: row?.partition ?? null, version: row?.version ?? 0, suppressions: held, allowed, pending };
  }

  const store: MemoryStore = {
    trail,
    fault: () => 'none',
    rows: () => [...recipients.values()],
    checkpoint: (partition) => checkpoints.get(partition),
    history: () => history,
    clockMoves: () => clockMoves,
    rollups: (partition) => ({ quarters: rollupsOf(quarters, partition), hours: rollupsOf(hours, partition) }),
    senderReplies: (wanted) =>
      [...senderReplies.values()].filter(({ partition }) => partition === wanted).map(({ partition: _, ...row }) => row),
    erased: () => [...erased.values()],
    snapshot: () => ({
      checkpoints: new Map([...checkpoints].map(([partition, checkpoint]) => [partition, { ...checkpoint }])),
      recipients: new Map(recipients),
      erased: new Map(erased),
      outbox: [...outbox],
      letters: [...letters],
      history: [...history],
      quarters: new Map(quarters),
      hours: new Map(hours),
      senderReplies: new Map(senderReplies),
      publishedSenders: new Map(publishedSenders),
      ...{ clockMoves, incarnation },
    }),
    restore(snapshot, asCopy) {
      refill(
        checkpoints,
        [...snapshot.checkpoints].map(([partition, checkpoint]) => [partition, { ...checkpoint }] as const),
      );
      refill(recipients, snapshot.recipients);
      refill(erased, snapshot.erased);
      refill(quarters, snapshot.quarters);
      refill(hours, snapshot.hours);
      refill(senderReplies, snapshot.senderReplies);
      refill(publishedSenders, snapshot.publishedSenders);
      outbox = [...snapshot.outbox];
      letters = [...snapshot.letters];
      history = [...snapshot.history];
      clockMoves = snapshot.clockMoves;
      incarnation = snapshot.incarnation;
      run += 1;
      isCopy ||= asCopy;
    },
    async claim(partition, _owner, evidence) {
      const checkpoint = checkpointOf(partition);
      if (isCopy) incarnation = incarnationBehind(incarnation, now());
      isCopy = false;
      const { nextSequence } = checkpoint;
      incarnation = incarnationAfter(evidence?.published ?? null, { incarnation, nextSequence }, now()) ?? incarnation;
      const log = checkpoint.log ?? evidence?.log ?? null;
      Object.assign(checkpoint, { epoch: checkpoint.epoch + 1, nonce: newNonce(), run, incarnation, log });
      const { run: _run, ...claimed } = checkpoint;
      return { partition, ...claimed };
    },
    async markAudited(owner, audited) {
      const checkpoint = owned(owner);
      if (checkpoint === undefined) return 'fenced';
      checkpoint.auditedIncarnation = audited;
      return 'committed';
    },
    async position(partition) {
      const checkpoint = checkpoints.get(partition);
      if (checkpoint === undefined) return null;
      const { epoch, nextOffset, nextSequence } = checkpoint;
      return { epoch, nonce: checkpoint.run === run ? checkpoint.nonce : '', nextOffset, nextSequence };
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
    async resume(partition, terms) {
      const { toleratedBelow, skipTo, log, entry } = terms;
      const checkpoint = checkpoints.get(partition);
      if (checkpoint === undefined) return null;
      const was = requireResumable(partition, checkpoint, terms);
      const from = checkpoint.nextOffset;
      Object.assign(checkpoint, { epoch: checkpoint.epoch + 1, nonce: newNonce(), stopped: null, attempts: 0, toleratedBelow });
      Object.assign(checkpoint, { nextOffset: skipTo ?? from, log: log ?? checkpoint.log, last: null });
      if (entry !== undefined) await trail.note([entry]);
      return { partition, epoch: checkpoint.epoch, from, nextOffset: checkpoint.nextOffset, was };
    },
    async *tracked(partition) {
      const rows = [...recipients.values()].filter((row) => row.tracked && row.partition === partition);
      for (let from = 0; from < rows.length; from += page) {
        yield rows.slice(from, from + page).map(({ tenant, address, due, policy, shadow }): TrackedRow => {
          return { tenant, address, due, policy, shadowPolicy: shadow?.policy ?? null };
        });
      }
    },
    async concerned(partition, { since, tenant, domain, mention }, cursor) {
      const scanned = pageAfter(partition, cursor);
      const found = scanned
        .map(({ row }) => row)
        .filter((row) => row.updatedAt >= since && (tenant ?? row.tenant) === row.tenant)
        .filter((row) => domain === null || row.address.endsWith(`@${domain}`))
        .filter((row) => mention === null || row.evidence.includes(mention));
      return {
        recipients: found.map((row) => ({ tenant: row.tenant, address: row.address })),
        cursor: scanned.length < page ? null : (scanned.at(-1)?.place ?? null),
      };
    },
    async load(keys) {
      return keys.flatMap((key): LoadedRecipient[] => {
        const row = recipients.get(keyOf(key));
        if (row === undefined) return [];
        const { tenant, address, partition, version, evidence, shadow } = row;
        return [{ tenant, address, partition, version, evidence, shadow: shadow?.text ?? null, shadowPolicy: shadow?.policy ?? null }];
      });
    },
    async tombstones(keys) {
      return keys.flatMap((key) => erased.get(keyOf(key)) ?? []);
    },
    async commit(plan) {
      const fault = store.fault();
      if (fault === 'unavailable') throw new StoreError('unavailable', 'injected: the store is away');
      if (fault === 'lost_before') throw new StoreError('outcome_unknown', 'injected: connection cut before COMMIT arrived');
      // The columns of the database are integers.
      if (![plan.clock, plan.nextOffset, plan.nextSequence].every(Number.isSafeInteger)) {
        throw new Error('offsets, numbers and clocks are whole numbers');
      }
      const result = apply(plan);
      if (fault === 'lost_after') throw new StoreError('outcome_unknown', 'injected: answer to COMMIT lost');
      return result;
    },
    publishedRevision: async (id) => publishedSenders.get(id) ?? 0,
    outbox: async (partition, limit) => waiting(outbox, partition, limit),
    deadLetters: async (partition, limit) => waiting(letters, partition, limit),
    parked: () => [
      ...outbox.flatMap(({ partition, sequence, parked }) => (parked === null ? [] : [{ partition, sequence, reason: parked }])),
      ...letters.flatMap(({ partition, offset, parked }) =>
        parked === null ? [] : [{ partition, deadLetterOffset: offset, reason: parked }],
      ),
    ],
    async relayed(owner, { sequence, deadLetterOffset }) {
      if (owned(owner) === undefined) return 'fenced';
      const stays = (row: Kept<object>): boolean => row.partition !== owner.partition || row.parked !== null;
      outbox = outbox.filter((row) => stays(row) || sequence === null || row.sequence > sequence);
      letters = letters.filter((row) => stays(row) || deadLetterOffset === null || row.offset > deadLetterOffset);
      return 'committed';
    },
    async park(owner, which, reason) {
      if (owned(owner) === undefined) return 'fenced';
      const { partition } = owner;
      if ('sequence' in which)
        outbox = outbox.map((row) => (row.partition === partition && row.sequence === which.sequence ? { ...row, parked: reason } : row));
      else
        letters = letters.map((row) =>
          row.partition === partition && row.offset === which.deadLetterOffset ? { ...row, parked: reason } : row,
        );
      return 'committed';
    },
    now: async () => now(),
    async requestAudit(partition, reason) {
      const request = (audits.get(partition)?.request ?? 0) + 1;
      const nothing = { records: 0, read: 0, compared: 0, mended: 0, finishedAt: null, problem: null };
      audits.set(partition, { partition, request, reason, state: 'requested', requestedAt: now(), ...nothing });
    },
    async stopAudit(partition) {
      const audit = audits.get(partition);
      if (audit === undefined || (audit.state !== 'requested' && audit.state !== 'running')) return false;
      audits.set(partition, { ...audit, state: 'stopped', finishedAt: now() });
      return true;
    },
    audits: async () => [...audits.values()].sort((a, b) => a.partition - b.partition),
    audit: async (partition) => audits.get(partition) ?? null,
    async advanceAudit(owner, request, { outcome, ...progress }) {
      if (owned(owner) === undefined) return 'fenced';
      const audit = audits.get(owner.partition);
      if (audit?.request !== request || (audit.state !== 'requested' && audit.state !== 'running')) return 'superseded';
      audits.set(owner.partition, { ...audit, ...progress, state: outcome ?? 'running', finishedAt: outcome === null ? null : now() });
      return 'noted';
    },
    async listed(partition, cursor) {
      const scanned = pageAfter(partition, cursor);
      const found = scanned.map(({ row }) => listedOf(partition, row));
      return {
        recipients: found.filter(({ suppressions, allowed }) => suppressions.length + allowed.length > 0),
        cursor: scanned.length < page ? null : (scanned.at(-1)?.place ?? null),
      };
    },
    current: async (partition, keys) => keys.map((key) => listedOf(partition, key)),
    async listedAtLeast(partition) {
      const listed = [...recipients.values()].filter((row) => row.partition === partition && (row.active?.suppressions.length ?? 0) > 0);
      return Math.max(0, listed.length - outbox.filter((row) => row.partition === partition).length);
    },
    async expectCommands(commands) {
      for (const command of commands) outcomes.set(nameOf(command), null);
    },
    commandOutcomes: async (commands) => commands.flatMap((command) => outcomes.get(nameOf(command)) ?? []),
    recordFaults: async () => [...faults.values()].sort((a, b) => a.partition - b.partition || (a.kind < b.kind ? -1 : 1)),
    publishedEnd: async (partition) => publishedEnds.get(partition) ?? null,
    notePublishedEnd: async (partition, end) => void publishedEnds.set(partition, end),
  };
  return store;
}

function refill<K, V>(map: Map<K, V>, entries: Iterable<readonly [K, V]>): void {
  map.clear();
  for (const [key, value] of entries) map.set(key, value);
}

function waiting<Row>(all: readonly Kept<Row>[], partition: number, limit: number): readonly Row[] {
  return all
    .filter((row) => row.partition === partition && row.parked === null)
    .slice(0, limit)
    .map(({ partition: _partition, parked: _parked, ...row }) => row as unknown as Row);
}

/** A statement that writes one row twice fails in the database (Postgres: 21000). */
function requireOnce<T>(rows: readonly T[], nameOf: (row: T) => string): void {
  if (new Set(rows.map(nameOf)).size < rows.length) throw new Error('one row twice in one commit');
}

/** Merges two lists; an entry of `more` replaces an entry of `known` with the same name. */
function merged<T>(known: readonly T[], more: readonly T[], nameOf: (one: T) => string): readonly T[] {
  return more.length === 0 ? known : [...new Map([...known, ...more].map((one) => [nameOf(one), one])).values()];
}

const countKeyOf = ({ tenant, provider, at }: IncidentCount): string => `${tenant} ${provider} ${at}`;

const replyKeyOf = ({ tenant, provider, at, pool, category, code }: SenderReplyRow): string =>
  JSON.stringify([tenant, provider, at, pool, category, code]);

function rollupKeyOf(row: RollupRow & { readonly quarters?: RollupHour['quarters'] }): string {
  const { events: _, quarters: _quarters, ...key } = row;
  return JSON.stringify(Object.entries(key).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function nameOf({ tenant, id }: { readonly tenant: string; readonly id: string }): string {
  return `${tenant} ${id}`;
}

function keyOf({ tenant, address }: RecipientRef): string {
  return `${tenant}/${address}`;
}
