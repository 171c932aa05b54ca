/**
 * The published changes, from the database: the same on every log. Each partition numbers its changes densely and commits them in order, so
 * a reader that has seen a number has seen all that are below it. Moments are milliseconds since the epoch.
 */
import type { Address, Tenant } from '@desist/domain';
import type { Sequence } from './codec.ts';
import type { HistoryEntry } from './reader.ts';

/**
 * Numbers of one partition: at 100 changes a second those of ten years. With incarnations in hours a place is a whole number that JSON can
 * hold until the year 2055.
 */
const NUMBERS = 2 ** 35;

/**
 * The place of a change in the feed of its partition: a number of a later incarnation of the database comes behind all numbers of an earlier
 * one, although it may be lower.
 */
export const placeInFeed = (incarnation: number, number: number): number => incarnation * NUMBERS + number;

/** The reverse, as `sequence` has it. */
export function sequenceAt(partition: number, place: number): Sequence {
  const incarnation = Math.floor(place / NUMBERS);
  return { partition, number: place % NUMBERS, ...(incarnation === 0 ? {} : { incarnation }) };
}

/** Up to which place a reader has seen the changes, by partition. A partition that is not named: nothing of it. */
export type FeedPosition = readonly number[];

interface FeedEntry {
  readonly partition: number;
  /** Its place (`placeInFeed`). */
  readonly sequence: number;
  readonly recordedAt: number;
}

export interface RecipientChange extends FeedEntry, HistoryEntry {
  readonly kind: 'recipient';
  readonly tenant: Tenant;
  readonly address: Address;
}

export interface IncidentChange extends FeedEntry {
  readonly kind: 'incident';
  /** Of an incident of all tenants: `*`. */
  readonly tenant: string;
  /** JSON of the change, as it was published. */
  readonly change: string;
}

export type FedChange = RecipientChange | IncidentChange;

export interface FeedFilter {
  /** Any of these tenants; undefined: every tenant, and the incidents of all of them. */
  readonly tenants?: readonly string[];
  /** Any of these types; undefined: every type. */
  readonly types?: readonly string[];
}

export interface FeedPage {
  /** In order per partition, and by `recordedAt` between partitions as far as the page shows. */
  readonly changes: readonly FedChange[];
  readonly position: FeedPosition;
  /** False: all that was published before the call has been seen. */
  readonly more: boolean;
}

/**
 * A position whose changes are not there any more: they were deleted by age; or the database went back in time, and no engine has claimed the
 * partition since.
 */
export class FeedGapError extends Error {
  override readonly name = 'FeedGapError';
}

/** @throws StoreError like `RecipientStore`. */
export interface ChangeFeed {
  /** Where the changes that are kept begin. */
  oldest(): Promise<FeedPosition>;
  /** Before the last so many changes, of all tenants and types; 0: behind all of them. */
  last(count: number): Promise<FeedPosition>;
  /** Up to where changes are published. Costs a row per partition: for waiting until there are more. */
  ends(): Promise<FeedPosition>;
  /**
   * The changes behind a position, `limit` (1 to 1,000) at most. What a page reads is bounded and not what it finds: it may be empty and have
   * more behind it. Rejects with `FeedGapError`.
   */
  read(filter: FeedFilter, after: FeedPosition, limit: number): Promise<FeedPage>;
}

/** What of one partition is read. */
export interface PartitionSpan {
  readonly partition: number;
  readonly after: number;
  /** Nothing behind this place; undefined: all that is published. */
  readonly upTo?: number;
}

export interface PartitionPage {
  /** In the order in which they were published. */
  readonly changes: readonly FedChange[];
  /** Up to where it was read. */
  readonly place: number;
  /** False: all of the span that was published before the call has been seen. */
  readonly more: boolean;
}

/** For readers with a cursor per partition. @throws StoreError like `RecipientStore`. */
export interface PartitionFeed extends ChangeFeed {
  /** Like `read`, of one partition. Rejects with `FeedGapError`. */
  readPartition(filter: FeedFilter, span: PartitionSpan, limit: number): Promise<PartitionPage>;
}
