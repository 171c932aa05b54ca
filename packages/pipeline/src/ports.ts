/**
 * The four edges of the engine, as structural types. The pipeline knows nothing else of the outside.
 *
 *   LogSource ──> LogConsumer (the engine)      records in, with positions
 *   LogSink   <── relay                          changes, suppressions, dead letters out
 *   RecipientStore                               state, checkpoint and outbox in one transaction
 *   Time                                         the present, and waiting
 *
 * Offsets, sequence numbers and times are plain numbers: both stay below 2^53.
 */
import type { CodeCount } from './incidents/codes.ts';
import type { Incident, IncidentNotice, IncidentTerms, RecipientStateName, Scope, SuppressionReason } from '@desist/domain';

// ---------------------------------------------------------------------------------------------- log, in

/** One record as read. `recordTime`: milliseconds, given by the log (append time) or by the producer (create time). */
export interface LogRecord {
  readonly offset: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly recordTime: number;
}

/**
 * A run of records of one partition, in offset order. `firstOffset` is the first record's offset; `nextOffset` is
 * where the log goes on after this batch (it may skip control or aborted records), `highWatermark` the end of the
 * partition as the log knew it.
 */
export interface LogBatch {
  readonly partition: number;
  readonly firstOffset: number;
  readonly nextOffset: number;
  readonly highWatermark: number;
  readonly records: readonly LogRecord[];
}

/** Offsets that the log still holds: `low` is the first readable one, `high` the next to be written. */
export interface LogBounds {
  readonly low: number;
  readonly high: number;
}

export type BatchOutcome =
  /** Folded; it will be committed soon. Go on behind it. */
  | { readonly kind: 'taken' }
  /** Not taken: read on from `offset` instead (the checkpoint says so). */
  | { readonly kind: 'seek'; readonly offset: number }
  /** Another owner has the partition. Make sure of the membership, then `assign` again. */
  | { readonly kind: 'fenced' }
  /** The partition stands still until an operator acts; do not read on. */
  | { readonly kind: 'stopped'; readonly reason: string };

export type AssignOutcome = { readonly kind: 'start'; readonly offset: number } | { readonly kind: 'stopped'; readonly reason: string };

/** What a log source drives. Implemented by the engine. No call ever rejects because of a bad record. */
export interface LogConsumer {
  /**
   * This process owns the partition now. Claims it (epoch + 1) unless the task of an earlier assignment still holds its
   * epoch. Waits, with back-off, for a store that is away. Answers where to read from.
   */
  assign(partition: number): Promise<AssignOutcome>;
  /** Decode, fold, commit in the background. Back-pressure is the waiting. Calls for one partition do not overlap. */
  batch(batch: LogBatch): Promise<BatchOutcome>;
  /**
   * Everything that was appended to the partition before the moment `asOf` (ms, the present of the caller) lies below
   * `position`, and all of it was handed to `batch`. Lets the partition clock follow the present. Answers 'fenced' like `batch`
   * does: an idle partition would hear of its new owner from no batch.
   */
  caughtUp(partition: number, position: number, asOf: number): 'fenced' | undefined;
  /** Commit what is folded, as far as it can be done within the engine's drain limit, then let go of these partitions. */
  revoke(partitions: readonly number[]): Promise<void>;
}

export interface LogSource {
  /** The number of partitions of the input topic. */
  partitions(): Promise<number>;
  bounds(partition: number): Promise<LogBounds>;
  /**
   * Joins, reads and drives `consumer` until `signal` aborts; then drains (revoke) and leaves. Rejects when reading can
   * not go on in this process (the supervisor restarts it): crash of the client, no progress for too long.
   */
  run(consumer: LogConsumer, signal: Signal): Promise<void>;
}

// --------------------------------------------------------------------------------------------- log, out

/** The topics, by role. Their names are configuration of the log adapter. */
export type Topic = 'deliveryEvents' | 'suppressionEvents' | 'suppressions' | 'deadLetters';

export interface OutRecord {
  readonly key: string | Uint8Array | null;
  readonly value: string | Uint8Array | null;
  readonly headers?: Readonly<Record<string, string>>;
  /** Into this partition, whatever the key. */
  readonly partition?: number;
}

export interface Appended {
  readonly partition: number;
  readonly offset: number;
}

export interface LogSink {
  /**
   * Appends in order, per key; resolves when the log has made all of them durable. On rejection some may have been
   * stored: append the same records again (a repeat is allowed, a gap is not). Answers one position per record.
   */
  append(topic: Topic, records: readonly OutRecord[]): Promise<readonly Appended[]>;
}

// ------------------------------------------------------------------------------------------------ store

/** Who owns a partition, as the checkpoint row says. */
export interface Ownership {
  readonly partition: number;
  readonly epoch: number;
}

export interface Claim extends Ownership {
  readonly nextOffset: number;
  /** Partition clock of the last commit, ms. */
  readonly clock: number;
  /** The next number of `sequence` on `suppression-events`. */
  readonly nextNumber: number;
  /** How often something was begun and never ended: the first batch, up to twice; from then on the first record, alone in its process. */
  readonly attempts: number;
  /** Why the partition stands still, if it does. */
  readonly stopped: string | null;
  /** Below this offset any number of records may be unreadable: an operator has let the partition go on (`resume`). */
  readonly toleratedBelow: number;
  /** Bodies of the `ContrastWrite`s since the last one that replaced those before it, in order. */
  readonly contrast: readonly string[];
  /** What the partition was told of incidents so far, and counted for the next ones. */
  readonly incidents: readonly KnownIncident[];
  readonly incidentCounts: readonly IncidentCount[];
}

/** An incident as a partition was told of it, and how far that is carried out. */
export interface KnownIncident {
  readonly incident: Incident;
  /** Every recipient of the partition was looked at. */
  readonly done: boolean;
  readonly looked: number;
  readonly changed: number;
}

/** What a partition counted of one provider in a quarter of an hour. */
export interface IncidentCount {
  readonly provider: string;
  /** Begin of the quarter, ms. */
  readonly at: number;
  /** Recipients that began to fail. */
  readonly failing: number;
  readonly delivered: number;
  readonly codes: readonly CodeCount[];
  /** Without addresses. */
  readonly samples: readonly string[];
}

/** Whose evidence an incident may concern: nobody else is looked at. */
export interface Concerned {
  /** `updatedAt` is this or later, ms. */
  readonly since: number;
  readonly tenant: string | null;
  /** Part of the address behind the `@`. */
  readonly domain: string | null;
  /** The evidence contains this text, as it is stored. */
  readonly mention: string | null;
}

/** What became of a partition that an operator let go on. */
export interface Resumed {
  readonly partition: number;
  readonly epoch: number;
  /** Where it stood, and where it goes on. */
  readonly from: number;
  readonly nextOffset: number;
  /** Why it stood still; null when it did not. */
  readonly was: string | null;
}

/** What was counted for contrast: opaque to the store. */
export interface ContrastWrite {
  /** What is stored of the partition goes; otherwise this comes behind it. */
  readonly replaces: boolean;
  readonly body: string;
}

/** A recipient that a task must look at: it is not healthy, or it is remembered for a while longer. */
export interface TrackedRow {
  readonly tenant: string;
  readonly address: string;
  /** When a timer fires, ms on the partition clock; null: none. */
  readonly due: number | null;
  /** Policy version that the row was last folded under. */
  readonly policy: string;
}

export interface StoredRecipient {
  readonly tenant: string;
  readonly address: string;
  readonly partition: number;
  /** `recipientVersion`: rises by one with each published change, never starts again. */
  readonly version: number;
  /** Encoded by the domain (`encodeRecipient`); opaque to the store. */
  readonly evidence: string;
}

export interface SuppressionRow {
  readonly scope: Scope;
  readonly reason: SuppressionReason;
  readonly since: number;
  readonly expiresAt: number | null;
  readonly category: string | null;
  readonly rule: string | null;
  readonly reply: string | null;
  readonly firstFailureAt: number | null;
  readonly lastFailureAt: number | null;
  readonly failures: number;
  /** Policy version of the decision. */
  readonly policy: string;
}

export interface AllowanceRow {
  readonly scope: Scope;
  readonly expiresAt: number | null;
}

/** The new content of one recipient's row. At most one per recipient and plan. */
export interface RecipientRow extends StoredRecipient {
  readonly state: RecipientStateName;
  /** False: the row is kept for its version only, and costs nothing until the recipient fails again. */
  readonly tracked: boolean;
  readonly due: number | null;
  readonly policy: string;
  readonly streakStartedAt: number | null;
  readonly lastFailureAt: number | null;
  readonly failures: number;
  readonly messages: number;
  readonly category: string | null;
  readonly provider: string | null;
  /** The deadline that will suppress if nothing changes, ms. */
  readonly suppressAt: number | null;
  /** All that hold now, when they differ from what the row's last commit wrote; undefined: unchanged. */
  readonly holds: { readonly suppressions: readonly SuppressionRow[]; readonly allowed: readonly AllowanceRow[] } | undefined;
  /** Partition clock at the fold or the moment of the newest evidence, whichever is later, ms: a host's clock may be slow. */
  readonly updatedAt: number;
}

/** A published change: one record on `suppression-events`, and the recipient's value on `suppressions` after it. */
export interface OutboxRow {
  /** `sequence.number`, dense per partition. */
  readonly number: number;
  readonly key: string;
  /** JSON of the change (CONTRACT 1.3). */
  readonly change: string;
  /** JSON of what holds now, null when nothing does; undefined when this change left the list as it was. */
  readonly value: string | null | undefined;
}

/** History of a recipient: what `suppression-events` says, kept without the address. */
export interface HistoryRow {
  readonly tenant: string;
  readonly address: string;
  readonly version: number;
  readonly type: string;
  readonly effectiveAt: number;
  readonly recordedAt: number;
  /** JSON of the change without tenant and recipient. */
  readonly detail: string;
}

export interface DeadLetter {
  readonly offset: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly reason: string;
  readonly detail: string;
}

/** Everything that one flush changes: applied in one transaction or not at all. Plain data. */
export interface CommitPlan {
  readonly partition: number;
  readonly epoch: number;
  /** Compare-and-set: the stored checkpoint must still be here ... */
  readonly fromOffset: number;
  /** ... and moves here. Equal when only timers fired. */
  readonly nextOffset: number;
  readonly clock: number;
  readonly fromNumber: number;
  readonly nextNumber: number;
  /** 0 normally; more while records are taken one at a time, or when this commit ends nothing of what was counted as begun. */
  readonly attempts: number;
  readonly recipients: readonly RecipientRow[];
  /** Recipients to erase, before anything else is written. At most one per recipient. */
  readonly erased?: readonly ErasedRow[];
  /** Rows to delete: nothing about these recipients needs keeping. */
  readonly forgotten: readonly { readonly tenant: string; readonly address: string }[];
  readonly outbox: readonly OutboxRow[];
  readonly history: readonly HistoryRow[];
  readonly deadLetters: readonly DeadLetter[];
  /** Moments at which the present moved the clock and something was folded at that clock: a replay needs them. */
  readonly clockMoves: readonly { readonly beforeOffset: number; readonly clock: number }[];
  /** Null: nothing new. Written a second time, it changes nothing. */
  readonly contrast: ContrastWrite | null;
  /** Of incidents, what was told or carried out since; at most one of each. */
  readonly incidents: readonly KnownIncident[];
  /** Quarters that counted something since, as they are now. */
  readonly incidentCounts: readonly IncidentCount[];
}

/**
 * An erased recipient: its row and history go, its place is taken by a keyed hash, of which nobody reads the address. Also written when
 * something that happened before the erasure arrives late, and when an operator lifts what blocks.
 */
export interface ErasedRow {
  readonly tenant: string;
  readonly address: string;
  /** The last version that was given. */
  readonly version: number;
  /** Events up to this moment, ms, are those of the erased. */
  readonly at: number;
  /** What held then, and goes on to forbid sending. */
  readonly blocks: readonly BlockRow[];
  /** The row and its history go. */
  readonly whole: boolean;
  /** Of the record that asked for it: up to it the log's own copies can go ... */
  readonly offset: number;
  /** ... and up to this `sequence.number` those of the changes, once they are relayed. */
  readonly number: number;
}

export type BlockRow = Pick<SuppressionRow, 'scope' | 'reason' | 'since' | 'expiresAt'>;

export interface ForgottenRow {
  readonly tenant: string;
  readonly address: string;
  readonly version: number;
  readonly at: number;
  readonly blocks: readonly BlockRow[];
}

export type CommitResult = 'committed' | 'fenced';

/**
 * State of the recipients, checkpoint and outbox.
 *
 * Errors are thrown as `StoreError` (errors.ts): `unavailable` (nothing was changed, try again), `outcome_unknown` (commit
 * only: ask `position`), `incompatible` (the schema is not the one this version needs).
 */
export interface RecipientStore {
  /** Takes the partition: epoch + 1. Waits for a zombie's open transaction; creates the checkpoint when missing. */
  claim(partition: number, owner: string): Promise<Claim>;
  /** The checkpoint as it is: decides an unknown commit, and whether an earlier claim still holds. */
  position(partition: number): Promise<{ readonly epoch: number; readonly nextOffset: number; readonly nextNumber: number } | null>;
  /** Counts that a first batch, or a record alone, begins (fenced by the epoch); answers the new count, or null when fenced. */
  beginAttempt(owner: Ownership): Promise<number | null>;
  /** Marks the partition stopped with a reason, or going again (null). Fenced by the epoch. */
  markStopped(owner: Ownership, reason: string | null): Promise<CommitResult>;
  /**
   * An operator lets a partition go on: whoever holds it loses it and claims it anew. `toleratedBelow`: so far he knows what is in
   * the log. With `skipTo`, records below it are given up (retention has eaten them): the only call that moves a checkpoint
   * without folding. Null when the partition was never claimed.
   */
  resume(partition: number, terms: { readonly toleratedBelow: number; readonly skipTo?: number }): Promise<Resumed | null>;
  /** All tracked recipients of a partition, in pages. */
  tracked(partition: number): AsyncIterable<readonly TrackedRow[]>;
  /** A page of the tracked recipients of a partition whose evidence an incident may concern. `cursor`: where the next one begins. */
  concerned(
    partition: number,
    which: Concerned,
    cursor: number,
  ): Promise<{ readonly recipients: readonly { readonly tenant: string; readonly address: string }[]; readonly cursor: number | null }>;
  /** Rows of these recipients, whichever partition they stand in. */
  load(keys: readonly { readonly tenant: string; readonly address: string }[]): Promise<readonly StoredRecipient[]>;
  /** Which of these were erased once. Costs nothing as long as nobody of the claimed partitions was. */
  forgotten(keys: readonly { readonly tenant: string; readonly address: string }[]): Promise<readonly ForgottenRow[]>;
  /** One transaction, the compare-and-set first. */
  commit(plan: CommitPlan): Promise<CommitResult>;
  /** Outbox of a partition, by number. */
  outbox(partition: number, limit: number): Promise<readonly OutboxRow[]>;
  deadLetters(partition: number, limit: number): Promise<readonly DeadLetter[]>;
  /** Drops what was relayed: changes up to `number`, dead letters up to `offset` (both inclusive; null: none). Fenced by the epoch. */
  relayed(owner: Ownership, upTo: { readonly number: number | null; readonly deadLetterOffset: number | null }): Promise<CommitResult>;
  /** The database's clock, ms. */
  now(): Promise<number>;
}

// --------------------------------------------------------------------------------------------- incidents

export type IncidentOrigin = 'detected' | 'operator';

/** What was decided about an incident, and how far the log has told it. */
export interface IncidentRow extends Omit<IncidentNotice, 'announcedBy'> {
  readonly origin: IncidentOrigin;
  /** `detected` only: nobody has noticed its end yet. */
  readonly open: boolean;
  /** The revision that every partition of the log has. Below `revision`: it is to be told. */
  readonly told: number;
  readonly createdAt: number;
}

/** How far the partitions have carried out the latest revision. */
export interface IncidentProgress {
  readonly partitions: number;
  readonly done: number;
  readonly looked: number;
  readonly changed: number;
}

/** Quarters of one provider, of all partitions together, by time. */
export interface ProviderCounts {
  readonly provider: string;
  readonly counts: readonly IncidentCount[];
}

/**
 * What is decided about incidents, and what the partitions have counted: the one place where they come together. Rejects with
 * `StoreError` like the store does.
 */
export interface IncidentStore {
  /**
   * Providers of which at least so many recipients began to fail since then, half of them in quarters in which they were more than a quarter of
   * `share`; and what was counted of them since `baseline` before it. No others can have an incident.
   */
  suspects(terms: {
    readonly since: number;
    readonly recipients: number;
    readonly share: number;
    readonly baseline: number;
  }): Promise<readonly ProviderCounts[]>;
  /** The same of these providers. */
  counts(providers: readonly string[], since: number): Promise<readonly ProviderCounts[]>;
  /** The latest partition clock, ms; null before the first commit. */
  clock(): Promise<number | null>;
  /** Adds an incident. False: there is one of this id, or another one of this provider is open. */
  insert(row: IncidentRow): Promise<boolean>;
  /** Takes the row's place if that still has this revision. */
  update(row: IncidentRow, revision: number): Promise<boolean>;
  find(id: string): Promise<IncidentRow | null>;
  /** Newest first. */
  list(which: { readonly tenants?: readonly string[]; readonly limit: number; readonly before?: string }): Promise<readonly IncidentRow[]>;
  open(): Promise<readonly IncidentRow[]>;
  /** When the last incident of each of these providers ended, whoever noticed it; null: not yet. */
  lastEnds(providers: readonly string[]): Promise<ReadonlyMap<string, number | null>>;
  /** Those of which the log does not have the latest revision. */
  untold(): Promise<readonly IncidentRow[]>;
  markTold(id: string, revision: number): Promise<void>;
  progress(id: string, revision: number): Promise<IncidentProgress>;
  /** Recipients with evidence that terms may concern, from all partitions, in a stable order; `cursor`: where the next page begins. */
  evidence(
    terms: IncidentTerms,
    page: { readonly cursor: string | null; readonly limit: number },
  ): Promise<{
    readonly recipients: readonly StoredRecipient[];
    readonly cursor: string | null;
  }>;
  /** Forgets what was counted before then, and what partitions know of incidents that were over before then. */
  prune(terms: { readonly counts: number; readonly incidents: number }): Promise<void>;
}

// ------------------------------------------------------------------------------------------------- time

/** The part of AbortSignal that the pipeline uses. */
export interface Signal {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

export interface Time {
  /** The present of this host, ms since the epoch. */
  now(): number;
  /** Milliseconds from an arbitrary start; never goes back, and goes on while the process is stopped. */
  monotonic(): number;
  /** Resolves after `ms`, or at once when the signal aborts. Never rejects. */
  sleep(ms: number, signal?: Signal): Promise<void>;
  /** Lets I/O and heartbeats run between slices of CPU work. */
  yield(): Promise<void>;
}

/** Structured log lines of life-cycle moments and per-interval summaries; never per event, never an address. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
