/** The store: recipients, checkpoint and outbox, written in one transaction. */
import type { Tenant, Address, RecipientRef } from '@desist/domain';
import type { NewAuditEntry } from './audit-trail.ts';
import type { CommitPlan, DeadLetter, IncidentCount, KnownIncident, OutboxRow, LoadedRecipient, Tombstone } from './commit-plan.ts';
import { StoreError } from './errors.ts';
import type { LastRecord, LogEvidence, Ownership, Position } from './checkpoint.ts';
import type { IncidentScope } from './incidents.ts';

export interface Claim extends Ownership {
  readonly nextOffset: number;
  /**
   * Which past of the database this is: higher after the database went back in time. 0 until that happens first, then a moment (ms), so
   * that it is higher than any before it, also than one that was lost with what came after a restored back-up.
   */
  readonly incarnation: number;
  /** The topics say what the tables say since this incarnation began. Below `incarnation`: they must be compared. */
  readonly auditedIncarnation: number;
  /** The log that the checkpoint belongs to. A first claim binds it; null: the claim brought no evidence, and none was bound before. */
  readonly log: string | null;
  readonly last: LastRecord | null;
  /** Partition clock of the last commit, ms. */
  readonly clock: number;
  /** The next number of `sequence` on `suppression-events`. */
  readonly nextSequence: number;
  /** Attempts that earlier owners began and did not finish. From two on, records are processed in isolation. */
  readonly attempts: number;
  /** Why the partition is stopped; null: it is running. */
  readonly stopped: string | null;
  /** Below this offset any number of records may be unreadable, because an operator has resumed the partition (`resume`). */
  readonly toleratedBelow: number;
  /** Bodies of the `BaselineWrite`s since the last one that replaced all earlier ones, in order. */
  readonly baseline: readonly string[];
  /** Incidents that the partition has applied, and its counts for detecting the next ones. */
  readonly incidents: readonly KnownIncident[];
  readonly incidentCounts: readonly IncidentCount[];
  /** The pending bodies of `RollupWrite`s, in order. */
  readonly rollups: readonly string[];
}

/** The result of resuming a partition. */
export interface Resumed {
  readonly partition: number;
  readonly epoch: number;
  /** Offset at which it was stopped, and offset at which it continues. */
  readonly from: number;
  readonly nextOffset: number;
  /** Why it was stopped. */
  readonly was: string;
}

/** Where an operator resumes a partition. */
export interface ResumeTerms {
  /** The end of the log: so far the operator knows what is in it. */
  readonly toleratedBelow: number;
  /** Records below it are given up; not given or null: none. */
  readonly skipTo?: number | null | undefined;
  /** The partition is bound to another log, where its last record is not known. Not given or null: to the one before. */
  readonly log?: string | null | undefined;
  /** Written to the audit trail in the same transaction. */
  readonly entry?: NewAuditEntry | undefined;
}

/**
 * Why the partition is stopped, when an operator may resume it. A checkpoint goes back only behind the end of a log that was made
 * anew, or to the beginning of another log: anywhere else that would fold records a second time. @throws StoreError `refused`.
 */
export function requireResumable(
  partition: number,
  { stopped, nextOffset }: { readonly stopped: string | null; readonly nextOffset: number },
  { toleratedBelow, skipTo = null, log = null }: ResumeTerms,
): string {
  if (stopped === null) {
    throw new StoreError('refused', `partition ${partition} is not stopped: there is nothing to resume, and nothing was changed`);
  }
  if (log === null && skipTo !== null && skipTo < nextOffset && toleratedBelow >= nextOffset) {
    throw new StoreError(
      'refused',
      `partition ${partition} is at ${nextOffset} and the log still has it: there is no gap before ${skipTo} to give up, resume it without one; nothing was changed`,
    );
  }
  return stopped;
}

/** A recipient that a task keeps track of: it is not healthy, or its evidence has not expired yet. */
export interface TrackedRow {
  readonly tenant: Tenant;
  readonly address: Address;
  /** When its next timer fires, ms on the partition clock; null: never. */
  readonly due: number | null;
  /** Policy version that the row was last folded under. */
  readonly policy: string;
  /** The same of the shadow policy; null: there was none. */
  readonly shadowPolicy: string | null;
}

export type CommitResult = 'committed' | 'fenced';

/**
 * State of the recipients, checkpoint and outbox of every partition.
 *
 * Errors are thrown as `StoreError` (errors.ts): `unavailable` (nothing was changed, try again), `outcome_unknown` (commit
 * only: ask `position`), `incompatible` (the schema is not the one that this version needs).
 */
export interface RecipientStore {
  /**
   * Claims the partition: epoch + 1, and a new nonce. Waits for an open transaction of a former owner; creates the checkpoint if it is
   * missing. In the same transaction the incarnation rises, for the whole database, when this database is a copy of an earlier one, or
   * when the evidence is ahead of the checkpoint. Without evidence nothing is bound or compared. The claim ends when the database server
   * starts anew, whatever its data: in a copy of the database nobody has the partition.
   */
  claim(partition: number, owner: string, evidence?: LogEvidence): Promise<Claim>;
  /** The current checkpoint. Shows whether an unknown commit was applied, and whether an earlier claim is still valid. */
  position(partition: number): Promise<Position | null>;
  /** The topics were brought to the tables in this incarnation, or an audit that does it is stored. Fenced by the owner. */
  markAudited(owner: Ownership, incarnation: number): Promise<CommitResult>;
  /** Counts an attempt at the first batch or at an isolated record. Fenced by the owner. Answers the new count; null when fenced. */
  beginAttempt(owner: Ownership): Promise<number | null>;
  /** Marks the partition as stopped with a reason, or as running (null). Fenced by the owner. */
  markStopped(owner: Ownership, reason: string | null): Promise<CommitResult>;
  /**
   * An operator resumes a stopped partition: its owner loses it and claims it again. With `skipTo`, records below it are given
   * up (retention has eaten them): the only call that moves a checkpoint without folding. Null when the partition was never claimed.
   * Rejects with `refused` as `requireResumable` says.
   */
  resume(partition: number, terms: ResumeTerms): Promise<Resumed | null>;
  /** All tracked recipients of a partition, in pages. */
  tracked(partition: number): AsyncIterable<readonly TrackedRow[]>;
  /**
   * A page of the tracked recipients of a partition whose evidence an incident may concern. What a page reads is bounded, not what it
   * finds: it may be empty. `cursor`: where the next one begins; null after the last.
   */
  concerned(
    partition: number,
    which: IncidentScope,
    cursor: number,
  ): Promise<{ readonly recipients: readonly RecipientRef[]; readonly cursor: number | null }>;
  /** Rows of these recipients, whatever their partition. */
  load(keys: readonly RecipientRef[]): Promise<readonly LoadedRecipient[]>;
  /** Tombstones of those that were erased. Costs no query while the claimed partitions have no tombstone. */
  tombstones(keys: readonly RecipientRef[]): Promise<readonly Tombstone[]>;
  /** The revision of a sender incident that its partition has published; 0: none, also of one that is not known. */
  publishedRevision(senderIncident: string): Promise<number>;
  /** Applies the plan in one transaction, the compare-and-set first. */
  commit(plan: CommitPlan): Promise<CommitResult>;
  /** Outbox of a partition, by number, without what is parked. */
  outbox(partition: number, limit: number): Promise<readonly OutboxRow[]>;
  /** Dead letters of a partition, by offset, without what is parked. */
  deadLetters(partition: number, limit: number): Promise<readonly DeadLetter[]>;
  /**
   * Drops what was relayed: changes up to `sequence`, dead letters up to `deadLetterOffset` (both inclusive; null: none). What is parked stays.
   * Fenced by the owner.
   */
  relayed(owner: Ownership, upTo: { readonly sequence: number | null; readonly deadLetterOffset: number | null }): Promise<CommitResult>;
  /** Keeps a change or a dead letter that the log refuses for good, with the reason, and relays it no more. Fenced by the owner. */
  park(
    owner: Ownership,
    which: { readonly sequence: number } | { readonly deadLetterOffset: number },
    reason: string,
  ): Promise<CommitResult>;
  /** The database's clock, ms. */
  now(): Promise<number>;
}
