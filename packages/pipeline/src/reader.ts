/** What others may ask of the state: the read side of the store. Reads only; moments are milliseconds since the epoch. */
import type { RecipientStateName } from '@desist/domain';
import type { AllowanceRow, SuppressionRow } from './ports.ts';

export interface RecipientRecord {
  readonly tenant: string;
  readonly address: string;
  readonly partition: number;
  readonly version: number;
  readonly state: RecipientStateName;
  readonly policy: string;
  readonly streakStartedAt: number | null;
  readonly lastFailureAt: number | null;
  readonly failures: number;
  readonly messages: number;
  readonly category: string | null;
  readonly provider: string | null;
  /** The deadline that will suppress if nothing changes. */
  readonly suppressAt: number | null;
  /** What to do about the streak, by its age; null without a streak. */
  readonly advice: string | null;
  readonly updatedAt: number;
  /** As the domain encoded it (`decodeRecipient`). */
  readonly evidence: string;
  readonly suppressions: readonly SuppressionRow[];
  readonly allowed: readonly AllowanceRow[];
}

/** All conditions must hold; a condition that is not given holds always. */
export interface ListFilter {
  /** Any of these; not given: of every tenant. */
  readonly tenants?: readonly string[];
  readonly scope?: string;
  readonly reason?: string;
  /** Part after the @, normalised. */
  readonly domain?: string;
  /** Normalised. */
  readonly address?: string;
  /** Addresses that begin with this text, normalised. */
  readonly prefix?: string;
  /** Suppressions that began at or after this moment. */
  readonly since?: number;
  /** From an earlier page of the same filter. */
  readonly cursor?: string;
  /** 1 to 1,000. */
  readonly limit: number;
}

export interface ListedSuppression extends SuppressionRow {
  readonly tenant: string;
  readonly address: string;
  readonly updatedAt: number;
}

/** `cursor`: where the next page begins; null after the last. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly cursor: string | null;
}

export interface Checked {
  readonly address: string;
  /** `healthy` for whom nothing is known about. */
  readonly state: RecipientStateName;
  readonly suppressions: readonly Pick<SuppressionRow, 'scope' | 'reason' | 'since' | 'expiresAt'>[];
  readonly allowed: readonly AllowanceRow[];
  /** Some of the suppressions were those of an erased recipient of this address: all that is known of it is a keyed hash. */
  readonly forgotten: boolean;
}

export interface PartitionClock {
  readonly partition: number;
  readonly clock: number;
}

/** The answers, in the order of the addresses, and how fresh they are: all of one moment. */
export interface CheckedAll {
  readonly checked: readonly Checked[];
  readonly clocks: readonly PartitionClock[];
}

export interface HistoryEntry {
  readonly version: number;
  readonly type: string;
  readonly effectiveAt: number;
  readonly recordedAt: number;
  /** JSON of the change without tenant and recipient. */
  readonly detail: string;
}

export interface StoredPartition {
  readonly partition: number;
  readonly epoch: number;
  readonly owner: string | null;
  readonly nextOffset: number;
  readonly nextNumber: number;
  /** Everything up to this moment is folded. */
  readonly clock: number;
  readonly attempts: number;
  /** Why the partition stands still, if it does. */
  readonly stopped: string | null;
  /** Changes that the log does not have yet, and dead letters likewise. */
  readonly outbox: number;
  readonly deadLetters: number;
  readonly updatedAt: number;
}

export interface StoreStatus {
  readonly partitions: readonly StoredPartition[];
  /** Recipients that are not healthy, by state. */
  readonly recipients: Readonly<Partial<Record<RecipientStateName, number>>>;
  readonly suppressions: readonly { readonly scope: string; readonly reason: string; readonly count: number }[];
}

/** A cursor that no list gave out. */
export class InvalidCursorError extends Error {
  override readonly name = 'InvalidCursorError';
}

/** Rejects with `StoreError` like the store does. */
export interface StateReader {
  /** Everything about one recipient, or null. Tenant and address as they are normalised. */
  recipient(tenant: string, address: string): Promise<RecipientRecord | null>;
  /** Active suppressions, in a stable order. Rejects with `InvalidCursorError`. */
  list(filter: ListFilter): Promise<Page<ListedSuppression>>;
  /** One answer per address, in their order, all of one moment: one statement however many they are. */
  check(tenant: string, addresses: readonly string[]): Promise<CheckedAll>;
  /** All of the list that a filter names, of one moment, in pages of any size. The database keeps the snapshot until the end. */
  snapshot(filter: Omit<ListFilter, 'cursor' | 'limit'>): AsyncIterable<readonly ListedSuppression[]>;
  /** Up to where each partition is folded and committed. */
  positions(): Promise<ReadonlyMap<number, number>>;
  /** Published changes of a recipient, oldest first. Rejects with `InvalidCursorError`. */
  history(tenant: string, address: string, page: { readonly cursor?: string; readonly limit: number }): Promise<Page<HistoryEntry>>;
  /** Counts whole tables: for people and slow intervals, not for probes. */
  status(): Promise<StoreStatus>;
}
