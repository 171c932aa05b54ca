/** What one commit writes: plain data, applied in one transaction or not at all. Moments are milliseconds since the epoch. */
import type { Incident, RecipientStateName, Scope, SuppressionReason, Tenant, Address, RecipientRef } from '@desist/domain';
import type { LastRecord } from './checkpoint.ts';
import type { CommandOutcome, RecordFault } from './outcomes.ts';
import type { PublishedSenderIncident, SenderReplyRow } from './sender-incidents.ts';

/** All changes of one commit. */
export interface CommitPlan {
  readonly partition: number;
  readonly epoch: number;
  readonly nonce: string;
  /** Compare-and-set: the stored checkpoint must still be here ... */
  readonly fromOffset: number;
  /** ... and moves here. Equal when only timers fired. */
  readonly nextOffset: number;
  readonly clock: number;
  readonly fromSequence: number;
  readonly nextSequence: number;
  /** The last record below `nextOffset`; null: the one that is stored. */
  readonly last: LastRecord | null;
  /**
   * Attempts that are still unfinished after this commit. 0 normally; more while records are processed in isolation, or when the commit
   * makes no progress.
   */
  readonly attempts: number;
  readonly recipients: readonly RecipientRow[];
  /** Recipients to erase, before anything else is written. At most one per recipient. */
  readonly erased?: readonly ErasedRow[];
  /** Rows to delete: nothing about these recipients needs keeping. */
  readonly untracked: readonly RecipientRef[];
  readonly outbox: readonly OutboxRow[];
  readonly history: readonly HistoryRow[];
  /** Published changes that concern no recipient. */
  readonly announcements?: readonly AnnouncementRow[];
  readonly deadLetters: readonly DeadLetter[];
  /** Moments at which the present moved the clock and something was folded at that clock. A replay needs them to reach the same state. */
  readonly clockMoves: readonly { readonly beforeOffset: number; readonly clock: number }[];
  /** New baseline counts; null when there are none. Writing them twice changes nothing. */
  readonly baseline: BaselineWrite | null;
  /** Incidents that were applied, or whose progress changed, since the last commit. At most one entry per incident. */
  readonly incidents: readonly KnownIncident[];
  /** The quarters whose counts changed since the last commit, with their current totals. */
  readonly incidentCounts: readonly IncidentCount[];
  /** What was counted since the last commit, for the roll-ups; null: nothing. Writing it twice would count it twice. */
  readonly rollups: RollupWrite | null;
  /** Replies that refused tries for the sender's fault since the last commit. Writing them twice would count them twice. */
  readonly senderReplies?: readonly SenderReplyRow[];
  /** Sender incidents that were published since the last commit. */
  readonly senderIncidents?: readonly PublishedSenderIncident[];
  /** What became of the commands among the records. */
  readonly outcomes?: readonly CommandOutcome[];
  /** What was wrong with records since the last commit. At most one per kind. */
  readonly faults?: readonly RecordFault[];
}

export interface StoredRecipient {
  readonly tenant: Tenant;
  readonly address: Address;
  readonly partition: number;
  /** `recipientVersion`: rises by one with each published change and is never reset. */
  readonly version: number;
  /** Encoded by the domain (`encodeRecipient`); opaque to the store. */
  readonly evidence: string;
}

/** A row as it is read. */
export interface LoadedRecipient extends StoredRecipient {
  /** What the shadow policy of that version says, encoded by the domain (`encodeShadow`); null: nothing is stored of it. */
  readonly shadow: string | null;
  readonly shadowPolicy: string | null;
}

/** What the shadow policy says of a recipient, beside its row. */
export interface ShadowRow {
  /** Encoded by the domain (`encodeShadow`); opaque to the store. */
  readonly text: string;
  /** Version of the shadow policy. */
  readonly policy: string;
  readonly state: RecipientStateName;
  /** The state or what is active is another one than under the real policy. */
  readonly differs: boolean;
  /** The first of what is active, all streams before a single one; null: nothing is. */
  readonly suppression: Pick<SuppressionRow, 'scope' | 'reason' | 'since' | 'expiresAt'> | null;
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
  /** Who made it, when a command did. */
  readonly createdBy: string | null;
  /** The last note of a command. */
  readonly note: string | null;
  /** The source of the command, or of the event that made it. */
  readonly source: string | null;
  /** Who operates the mailbox, when a reply made it. */
  readonly provider: string | null;
  /** Of a domain: also for the domains below it. */
  readonly subdomains: boolean;
  /** When the probation after its expiry will end, ms; null: none follows. */
  readonly probationUntil: number | null;
}

export interface AllowanceRow {
  readonly scope: Scope;
  readonly expiresAt: number | null;
}

/** The new content of one recipient's row. At most one per recipient and plan. */
export interface RecipientRow extends StoredRecipient {
  readonly state: RecipientStateName;
  /** False: the row is kept only for its version. The task does not load it until the recipient fails again. */
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
  /** On probation until then, ms; null: it is not. */
  readonly probationUntil: number | null;
  /** All active suppressions and allowances if they differ from the last commit of this row; undefined: unchanged. */
  readonly active: { readonly suppressions: readonly SuppressionRow[]; readonly allowed: readonly AllowanceRow[] } | undefined;
  /** Undefined: there is no shadow policy, or nothing to keep of it. */
  readonly shadow?: ShadowRow | undefined;
  /**
   * The later of the partition clock at the fold and the moment of the newest evidence, ms. The evidence can be later when a host's clock
   * is slow.
   */
  readonly updatedAt: number;
}

/** A published change: one record on `suppression-events`, and perhaps the recipient's value on `suppressions` after it. */
export interface OutboxRow {
  /** `sequence.number`, dense per partition. */
  readonly sequence: number;
  readonly key: string;
  /** JSON of the change (CONTRACT 1.3). */
  readonly change: string;
  /**
   * JSON of the active suppressions, null when there are none; undefined when this change left the list as it was, or when a later change
   * of the same commit has the value.
   */
  readonly value: string | null | undefined;
}

/** One published change in a recipient's history: the record on `suppression-events` without the address. */
export interface HistoryRow {
  readonly tenant: Tenant;
  readonly address: Address;
  /** Its place in the feed of changes (`placeInFeed`). */
  readonly sequence: number;
  readonly version: number;
  readonly type: string;
  readonly effectiveAt: number;
  readonly recordedAt: number;
  /** JSON of the change without tenant and recipient. */
  readonly detail: string;
}

/** A published change of an incident. */
export interface AnnouncementRow {
  /** Its place in the feed of changes. */
  readonly sequence: number;
  /** `*`: it concerns all of them. */
  readonly tenant: string;
  readonly recordedAt: number;
  /** JSON of the change. */
  readonly change: string;
}

export interface DeadLetter {
  readonly offset: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly reason: string;
  readonly detail: string;
}

/**
 * An erased recipient. Its row and history are deleted and replaced by a keyed hash, from which the address cannot be read. Also
 * written when an event from before the erasure arrives late, and when an operator lifts a block.
 */
export interface ErasedRow {
  readonly tenant: Tenant;
  readonly address: Address;
  /** The last `recipientVersion` that was published. */
  readonly version: number;
  /** Events up to this moment, ms, belong to the erased recipient and are ignored. */
  readonly at: number;
  /** The suppressions that were active at the erasure. They continue to forbid sending. */
  readonly blocks: readonly BlockRow[];
  /** True: delete the row and its history. False: only the tombstone changes. */
  readonly whole: boolean;
  /** Offset of the record that asked for the erasure: the log's own copies can be deleted up to it ... */
  readonly offset: number;
  /** ... and the copies of published changes up to this `sequence.number`, once they are relayed. */
  readonly sequence: number;
}

export type BlockRow = Pick<SuppressionRow, 'scope' | 'reason' | 'since' | 'expiresAt'>;

export interface Tombstone {
  readonly tenant: Tenant;
  readonly address: Address;
  readonly version: number;
  readonly at: number;
  readonly blocks: readonly BlockRow[];
}

/** What was counted for the provider baselines: opaque to the store. */
export interface BaselineWrite {
  /** True: replaces everything that is stored for the partition. False: is appended to it. */
  readonly replaces: boolean;
  readonly body: string;
}

/** How often a reply code was seen. */
export interface CodeCount {
  readonly code: string;
  readonly count: number;
}

/** An incident as a partition has applied it, and how far its recipients have been folded again. */
export interface KnownIncident {
  readonly incident: Incident;
  /** Every recipient of the partition that the incident concerns has been examined. */
  readonly done: boolean;
  readonly looked: number;
  readonly changed: number;
}

/** What a partition counted of one tenant's mail to one provider in a quarter of an hour. */
export interface IncidentCount {
  readonly tenant: Tenant;
  readonly provider: string;
  /** Start of the quarter, ms. */
  readonly at: number;
  /** Recipients that started to fail in it. */
  readonly failing: number;
  readonly delivered: number;
  readonly codes: readonly CodeCount[];
  /** Examples of replies, with addresses removed. */
  readonly samples: readonly string[];
}

export type RollupFamily = 'events' | 'domains' | 'waits' | 'changes' | 'regret' | 'shadow';

/** One figure of the roll-ups. What does not apply is the empty text, or 0. `traffic/rollups.ts` says what each family counts. */
export interface RollupRow {
  readonly family: RollupFamily;
  /** Start of the quarter of an hour, or of the hour, ms. */
  readonly at: number;
  readonly tenant: string;
  readonly provider: string;
  readonly stream: string;
  readonly pool: string;
  readonly domain: string;
  readonly type: string;
  readonly category: string;
  readonly attribution: string;
  /** Of a wait, seconds. */
  readonly upperBound: number;
  readonly events: number;
}

/** A figure of an hour, with how much of it belongs to each of its quarters: their sum is `events`. */
export interface RollupHour extends RollupRow {
  readonly quarters: readonly [number, number, number, number];
}

export type RollupWrite =
  /**
   * Is kept as it is, behind what is pending already. No two are the same text: when the plan moves neither offset nor sequence and this is
   * pending already, it was kept by the same plan.
   */
  | { readonly kind: 'pending'; readonly body: string }
  /**
   * Is added to the rows; what is pending is contained in it and deleted. At most one row per key. When the plan moves neither offset nor
   * sequence, all of it was pending: if nothing is, it has been added already, by the same plan.
   */
  | { readonly kind: 'counted'; readonly hours: readonly RollupHour[] };
