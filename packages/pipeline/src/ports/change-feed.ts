/**
 * The published changes, from the database: the same on every log. Each partition numbers its changes densely and commits them in order, so
 * a reader that has seen a number has seen all that are below it. Moments are milliseconds since the epoch.
 */
import type { Address, Tenant } from '@desist/domain';
import type { Sequence } from './codec.ts';
import type { HistoryEntry } from './reader.ts';

/**
 * Places of one incarnation: no partition publishes so many changes in one step of it (3.5 s), and no return of a database loses so many. A
 * partition may have more numbers than that: the next incarnation, which is a moment, still begins above them. A place is a whole number
 * that JSON can hold until the year 2055.
 */
const PLACES = 2 ** 25;

/**
 * The place of a change in the feed of its partition: what a later incarnation of the database publishes comes behind all that an earlier one
 * did, although its numbers may be lower.
 */
export const placeInFeed = (incarnation: number, number: number): number => incarnation * PLACES + number;

/** The reverse, as `sequence` has it. The place alone does not say which incarnation it is of: numbers reach into the places of later ones. */
export function sequenceAt(partition: number, incarnation: number, place: number): Sequence {
  return { partition, number: place - placeInFeed(incarnation, 0), ...(incarnation === 0 ? {} : { incarnation }) };
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
  /** Of the database, when it was published. */
  readonly incarnation: number;
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
