/** What an audit needs: it compares the topic `suppressions` with the table, and publishes again what differs. */
import type { Address, Allowance, RecipientRef, SuppressionTerms, Tenant } from '@desist/domain';
import type { Ownership } from './checkpoint.ts';
import type { Signal } from './time.ts';

/**
 * `requested`: an operator asked. `database_went_back`: the database was restored, or a standby that was behind took over.
 * `topic_behind`: the topic ends before where it ended, or has fewer records than the list has recipients.
 */
export type AuditReason = 'requested' | 'database_went_back' | 'topic_behind';

export type AuditOutcome = 'done' | 'stopped' | 'failed';

export interface AuditProgress {
  /** Records of the topic that are to be read; an upper bound, for a compacted topic has gaps. */
  readonly records: number;
  readonly read: number;
  /** Recipients whose value on the topic was compared with the table ... */
  readonly compared: number;
  /** ... and those that were published again. */
  readonly mended: number;
}

/** The last audit of a partition that was asked for. */
export interface Audit extends AuditProgress {
  readonly partition: number;
  /** Rises with each request. */
  readonly request: number;
  readonly reason: AuditReason;
  readonly state: 'requested' | 'running' | AuditOutcome;
  /** ms */
  readonly requestedAt: number;
  readonly finishedAt: number | null;
  /** Why it failed, or what could not be published. */
  readonly problem: string | null;
}

/** A recipient as the table has it now. */
export interface ListedRecipient {
  readonly tenant: Tenant;
  readonly address: Address;
  /** The partition of the input that it belongs to; null: the table does not know it. */
  readonly partition: number | null;
  readonly version: number;
  readonly suppressions: readonly SuppressionTerms[];
  readonly allowed: readonly Allowance[];
  /** A change of it waits in the outbox of the partition that was asked about: the relay brings the topic to the table. */
  readonly pending: boolean;
}

/** @throws StoreError like `RecipientStore`. */
export interface AuditStore {
  /** Asks the owner of the partition for an audit. One that runs begins anew. */
  requestAudit(partition: number, reason: AuditReason): Promise<void>;
  /** Stops an audit that waits or runs; false when there is none. */
  stopAudit(partition: number): Promise<boolean>;
  /** The last audit of each partition, by partition. */
  audits(): Promise<readonly Audit[]>;
  audit(partition: number): Promise<Audit | null>;
  /**
   * Notes how far an audit came, and with `outcome` its end. `superseded`: it was stopped, or asked for anew. Fenced by the epoch.
   */
  advanceAudit(
    owner: Ownership,
    request: number,
    progress: AuditProgress & { readonly outcome: AuditOutcome | null; readonly problem: string | null },
  ): Promise<'noted' | 'superseded' | 'fenced'>;
  /**
   * A page of the recipients of the partition that have suppressions or allowances. What a page reads is bounded, not what it finds: it may
   * be empty. `cursor`: where the next one begins; null after the last.
   */
  listed(partition: number, cursor: number): Promise<{ readonly recipients: readonly ListedRecipient[]; readonly cursor: number | null }>;
  /** These recipients as they are now, from one snapshot and in this order, whichever partition they belong to. */
  current(partition: number, keys: readonly RecipientRef[]): Promise<readonly ListedRecipient[]>;
  /** How many recipients of the partition are on the list and published, at least. */
  listedAtLeast(partition: number): Promise<number>;
  /** Where the topic ended when it was last looked at; null: never. */
  publishedEnd(partition: number): Promise<number | null>;
  notePublishedEnd(partition: number, end: number): Promise<void>;
}

export interface PublishedRecord {
  /** UTF-8. */
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: Readonly<Record<string, string>>;
}

/** Reading the topic `suppressions` back. @throws LogError */
export interface PublishedLog {
  /**
   * Of the partitions of the topic that have the recipients of this partition of the input: the sum of their ends, and of the records that
   * they have at most.
   */
  publishedEnds(partition: number): Promise<{ readonly end: number; readonly records: number }>;
  /**
   * The records of those partitions up to the ends that they have at the call, in pages, in order per key. `everywhere`: of all partitions of
   * the topic. Ends early when the signal aborts.
   */
  readPublished(
    partition: number,
    options: { readonly everywhere: boolean; readonly signal: Signal },
  ): AsyncIterable<readonly PublishedRecord[]>;
}

/** Both, for an engine that audits. */
export interface AuditPorts {
  readonly store: AuditStore;
  readonly log: PublishedLog;
  /** The partition of the input that a key belongs to; undefined: not known yet. */
  readonly partitionOf: (key: string) => number | undefined;
}
