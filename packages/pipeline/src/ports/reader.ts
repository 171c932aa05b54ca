/** The read side of the store. Moments are milliseconds since the epoch. */
import type { RecipientStateName, Scope, SuppressionReason, Tenant, Address } from '@desist/domain';
import type { AllowanceRow, RollupFamily, SuppressionRow } from './commit-plan.ts';

export interface RecipientRecord {
  readonly tenant: Tenant;
  readonly address: Address;
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
  /** On probation until then, ms; null: it is not. */
  readonly probationUntil: number | null;
  /** The recommended action for a streak of this age; null without a streak. */
  readonly advice: string | null;
  readonly updatedAt: number;
  /** Encoded by the domain; read it with `decodeRecipient`. */
  readonly evidence: string;
  /** What the shadow policy of this version says; all null or absent: there is none, or this read does not say it. */
  readonly shadowPolicy?: string | null;
  readonly shadowState?: RecipientStateName | null;
  readonly shadowScope?: Scope | null;
  readonly shadowReason?: SuppressionReason | null;
  readonly shadowSince?: number | null;
  readonly shadowExpiresAt?: number | null;
  readonly shadowDiffers?: boolean;
  readonly suppressions: readonly SuppressionRow[];
  readonly allowed: readonly AllowanceRow[];
}

/** All given conditions apply. */
export interface ListFilter {
  /** Any of these tenants; undefined: every tenant. */
  readonly tenants?: readonly string[];
  readonly scope?: string;
  readonly reason?: string;
  /** The part after the `@`, normalised. */
  readonly domain?: string;
  /** Normalised. */
  readonly address?: Address;
  /** Addresses that begin with this text, normalised. */
  readonly prefix?: string;
  /** Suppressions that began at or after this moment, ms. */
  readonly since?: number;
  /** From an earlier page of the same filter. */
  readonly cursor?: string;
  /** 1 to 1,000. */
  readonly limit: number;
}

export interface ListedSuppression extends SuppressionRow {
  readonly tenant: Tenant;
  readonly address: Address;
  readonly updatedAt: number;
}

/** All given conditions apply. Provider and category are those of the streak. */
export interface RecipientFilter {
  /** Any of these tenants; undefined: every tenant. */
  readonly tenants?: readonly string[];
  /** `probation`: those on probation, healthy ones too. Undefined: everybody who is not healthy. */
  readonly state?: RecipientStateName | 'probation';
  readonly provider?: string;
  readonly category?: string;
  /** The part after the `@`, normalised. */
  readonly domain?: string;
  /** Those that will be suppressed before this moment, ms, if nothing changes. */
  readonly suppressedBefore?: number;
  /** From an earlier page of the same filter. */
  readonly cursor?: string;
  /** 1 to 1,000. */
  readonly limit: number;
}

export interface UnhealthyRecipient extends Omit<RecipientRecord, 'partition' | 'policy' | 'evidence' | 'suppressions' | 'allowed'> {
  readonly suppressions: readonly Pick<SuppressionRow, 'scope' | 'reason' | 'since' | 'expiresAt'>[];
}

/** `cursor`: where the next page begins; null after the last. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly cursor: string | null;
}

export interface CheckedSuppression extends Pick<SuppressionRow, 'scope' | 'reason' | 'since' | 'expiresAt'> {
  /** Of a domain (`@example.com`), the address's own or one above it; absent: of the address itself. */
  readonly entry?: Address;
  /** Also for the domains below `entry`, or below the domain that was asked about. */
  readonly subdomains?: boolean;
}

export interface Checked {
  readonly address: Address;
  /** Of the address itself, whatever its domain says. `healthy` for unknown recipients. */
  readonly state: RecipientStateName;
  /** By scope and reason; those of domains last, of the nearest one first. */
  readonly suppressions: readonly CheckedSuppression[];
  readonly allowed: readonly AllowanceRow[];
  /** On probation until then, ms; null: it is not. */
  readonly probationUntil: number | null;
  /** Some of the suppressions belong to an erased recipient of this address, of which only a keyed hash is stored. */
  readonly erased: boolean;
}

export interface PartitionClock {
  readonly partition: number;
  readonly clock: number;
}

/** The answers, in the order of the addresses, and the partition clocks at which they are true. All from one snapshot. */
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
  readonly nextSequence: number;
  /** Everything up to this moment has been folded, ms. */
  readonly clock: number;
  readonly attempts: number;
  /** Why the partition is stopped; null: it is running. */
  readonly stopped: string | null;
  /** Changes that the log does not have yet, and dead letters likewise (of which an adapter may count 20,000 at most). */
  readonly outbox: number;
  readonly deadLetters: number;
  /** Changes and dead letters that the log refuses for good: not among the others. */
  readonly parked: number;
  readonly updatedAt: number;
}

export interface StoreStatus {
  readonly partitions: readonly StoredPartition[];
  /** Recipients that are not healthy, by state. */
  readonly recipients: Readonly<Partial<Record<RecipientStateName, number>>>;
  readonly suppressions: readonly { readonly scope: string; readonly reason: string; readonly count: number }[];
}

export const SERIES_GROUPINGS = ['provider', 'domain', 'category', 'attribution', 'stream', 'pool', 'reason', 'tenant'] as const;
export type SeriesGrouping = (typeof SERIES_GROUPINGS)[number];

/** A series of the roll-ups. `traffic/rollups.ts` says what each family counts. */
export interface SeriesQuery {
  readonly family: RollupFamily;
  /** A family more, whose types are others. */
  readonly beside?: RollupFamily | undefined;
  /** Rows of the table of hours are older by far than those of quarters. */
  readonly table: 'quarters' | 'hours';
  /** Null: all in one group. */
  readonly by: SeriesGrouping | null;
  /** ms, multiples of the step; `to` is exclusive. */
  readonly from: number;
  readonly to: number;
  readonly step: number;
  readonly types: readonly string[];
  /** Undefined: whatever it is. */
  readonly tenants?: readonly string[] | undefined;
  readonly provider?: string | undefined;
  readonly pool?: string | undefined;
  readonly stream?: string | undefined;
  /** So many groups, the largest ones; all others are one more. */
  readonly groups: number;
}

export interface SeriesPoint {
  /** Null: the dimension does not apply, or there is no grouping. */
  readonly group: string | null;
  /** All groups that are not among the largest. */
  readonly rest: boolean;
  /** Number of the step, from 0. */
  readonly slot: number;
  readonly type: string;
  /** Of waits, seconds; 0 otherwise. */
  readonly upperBound: number;
  readonly events: number;
}

/** Why tries of some providers, domains or pools failed, by quarters. */
export interface ReasonQuery {
  readonly by: 'provider' | 'domain' | 'pool';
  readonly names: readonly string[];
  /** ms; `to` is exclusive. */
  readonly from: number;
  readonly to: number;
  readonly tenants?: readonly string[] | undefined;
}

export interface TopReason {
  readonly name: string;
  readonly category: string;
  readonly events: number;
}

/** Counters that are kept with the commits, beside those of `StoreStatus`. */
export interface StoreCounters {
  /** Recipients that a deadline will suppress before the hour of `until`, if nothing changes. */
  readonly atRisk: number;
  readonly allowances: number;
  /** Events, changes and regret by type since the start of an hour. */
  readonly events: Readonly<Record<string, number>>;
  readonly changes: Readonly<Record<string, number>>;
  readonly regret: Readonly<Record<string, number>>;
  /** Recipients by who suppresses them: `both`, `real`, `shadow`, `neither`. Empty: no shadow policy. */
  readonly shadow?: Readonly<Record<string, number>>;
}

/** Reads of what the commits counted: no call reads a table that grows with the recipients. @throws StoreError like `RecipientStore`. */
export interface TrafficReader {
  series(query: SeriesQuery): Promise<readonly SeriesPoint[]>;
  /** Of each of these names, why most tries failed; no element for one of which none did. */
  reasons(query: ReasonQuery): Promise<readonly TopReason[]>;
  /** Both in ms: events and changes from `since` on, deadlines before `until`. */
  counters(span: { readonly since: number; readonly until: number }): Promise<StoreCounters>;
}

/** The cursor does not come from an earlier page. */
export class InvalidCursorError extends Error {
  override readonly name = 'InvalidCursorError';
}

/** Reads of the current state. @throws StoreError like `RecipientStore`. */
export interface StateReader {
  /** Everything about one recipient; null when it is unknown. Tenant and address are normalised. */
  recipient(tenant: Tenant, address: Address): Promise<RecipientRecord | null>;
  /**
   * Active suppressions, in a stable order. Of a prefix with which very many addresses begin, what a page reads is bounded and not what it
   * finds: it may hold fewer than `limit` and have a cursor. Rejects with `InvalidCursorError`.
   */
  list(filter: ListFilter): Promise<Page<ListedSuppression>>;
  /**
   * Recipients that are not healthy, the next deadline (`suppressAt`) first, those without one at the end. What a page reads is bounded and
   * not what it finds: it may hold fewer than `limit` and have a cursor. A recipient whose deadline moves between two pages may be on both, or
   * on neither. Rejects with `InvalidCursorError`.
   */
  recipients(filter: RecipientFilter): Promise<Page<UnhealthyRecipient>>;
  /**
   * One answer per address, in their order, all from one snapshot and one statement: the address, its domain, and the domains above it as far
   * as their entries hold for subdomains. An address may also be `@` and a domain.
   */
  check(tenant: Tenant, addresses: readonly Address[]): Promise<CheckedAll>;
  /**
   * All of the list that a filter names, in pages of any size, each of the moment when it is asked for; between them nothing is held in the
   * database. What was there before the first page and stays is in it once; what begins, changes or ends meanwhile is as its page found it.
   */
  snapshot(filter: Omit<ListFilter, 'cursor' | 'limit'>): AsyncIterable<readonly ListedSuppression[]>;
  /** The committed offset of each partition. */
  positions(): Promise<ReadonlyMap<number, number>>;
  /** Published changes of a recipient, oldest first. Rejects with `InvalidCursorError`. */
  history(tenant: Tenant, address: Address, page: { readonly cursor?: string; readonly limit: number }): Promise<Page<HistoryEntry>>;
  /** As the commits counted: costs a row for each partition and what is counted, however many recipients there are. */
  status(): Promise<StoreStatus>;
}
