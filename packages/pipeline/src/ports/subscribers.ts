/**
 * HTTP subscribers (webhooks): who gets which changes, up to where each has them, and what the latest requests were answered. Each pair of
 * subscriber and partition has a cursor. A process that delivers leases it; the fence of the lease, which rises with each, keeps a process
 * that was stopped from moving the cursor of its successor. Moments are milliseconds since the epoch and durations milliseconds, both by
 * the store's clock.
 */
import type { FeedFilter, FeedPosition } from './change-feed.ts';

/** Requests whose outcome is kept, of each subscriber and partition. */
export const TRIES_KEPT = 20;
/** Subscribers of one tenant; those of all tenants together count as one more. */
export const SUBSCRIBERS_OF_TENANT = 50;
/** Secrets of one subscriber that may be valid at a time. */
export const SECRETS_KEPT = 3;
/** Changes in one request at most. */
export const LARGEST_BATCH = 500;
/** `tenant` of a subscriber to every tenant, and to the incidents of all of them. */
export const EVERY_TENANT = '*';

export type SubscriberState = 'active' | 'paused' | 'ended';
/**
 * Why it is not active. `operator`: somebody paused it. `failing`: it did not take a request for three days. `lost_changes`: changes that it
 * had not got were deleted by age. `gone`: it answered 410.
 */
export type SubscriberReason = 'operator' | 'failing' | 'lost_changes' | 'gone';

export interface Subscriber {
  readonly id: string;
  /** `EVERY_TENANT` or one tenant. */
  readonly tenant: string;
  readonly url: string;
  /** Null: every type. */
  readonly types: readonly string[] | null;
  /** Changes in one request at most; null: each change in a request of its own, and not in an array. */
  readonly batch: number | null;
  readonly description: string | null;
}

export interface ListedSubscriber extends Subscriber {
  readonly state: SubscriberState;
  readonly reason: SubscriberReason | null;
  /** What the last failure was, for people; null: the last request was taken. */
  readonly problem: string | null;
  readonly createdBy: string | null;
  readonly createdAt: number;
  /** When its state changed last. */
  readonly changedAt: number;
  /** Since when a partition fails; null: none does. */
  readonly failingSince: number | null;
  /** The next try of a failing partition. */
  readonly nextTryAt: number | null;
  readonly deliveredAt: number | null;
  /** Changes of all partitions behind the cursors; those that the filter leaves out are among them. */
  readonly behind: number;
}

/** A cursor that this process may move until the lease ends. */
export interface ClaimedCursor {
  readonly subscriber: Subscriber;
  /** Those that are valid now, the latest first. */
  readonly secrets: readonly string[];
  readonly partition: number;
  readonly fence: number;
  /** Everything up to this place of the feed was taken. */
  readonly place: number;
  /** Where the request ends that may have been sent already: the next one has the same changes. */
  readonly planned: number | null;
  /** Changes before `place` were deleted before the subscriber got them, and it was not told yet. */
  readonly gap: boolean;
  /** Tries of the next request that failed. */
  readonly failures: number;
  /** For so long it fails; null: it does not. */
  readonly failingFor: number | null;
}

export type CursorRef = Pick<ClaimedCursor, 'partition' | 'fence'> & { readonly subscriber: Pick<Subscriber, 'id'> };

/** One request and what it was answered. */
export interface Try {
  readonly kind: 'delivery' | 'resend' | 'test';
  /** `webhook-id`: the same on every try. */
  readonly messageId: string;
  /** Null: a test, which has no changes of the feed. */
  readonly partition: number | null;
  /** It had the changes behind this place … */
  readonly after: number;
  /** … up to this one. */
  readonly upTo: number;
  readonly changes: number;
  /** 1 for the first. */
  readonly attempt: number;
  readonly duration: number;
  /** Null: no answer. */
  readonly status: number | null;
  /** Why it does not count as taken; null: it does. */
  readonly problem: string | null;
}

export interface NotedTry extends Try {
  readonly id: string;
  readonly at: number;
  /** Of the database, when what it had was published. */
  readonly incarnation: number;
}

/** Work that may be claimed. */
export interface Wanted {
  readonly partition: number;
  /** The cursor is before this place. */
  readonly upTo: number;
  /** Undefined: of any subscriber whose time has come: a try is due, or nobody has looked for `idle` ms. */
  readonly subscriber?: string;
}

export interface ClaimTerms {
  readonly owner: string;
  readonly wanted: readonly Wanted[];
  /** Subscribers that get no more of this process at the moment. */
  readonly except: readonly string[];
  readonly limit: number;
  /** Of one subscriber. */
  readonly limitOfSubscriber: number;
  readonly lease: number;
  readonly idle: number;
}

/** Which changes a subscriber gets. */
export function feedFilterOf({ tenant, types }: Pick<Subscriber, 'tenant' | 'types'>): FeedFilter {
  return { ...(tenant === EVERY_TENANT ? {} : { tenants: [tenant] }), ...(types === null ? {} : { types }) };
}

/** `moved`: the cursor is the caller's. `halted`: it is, but the subscriber is not active any more. `fenced`: it is not; nothing changed. */
export type Settled = 'moved' | 'halted' | 'fenced';

export interface Advance {
  readonly place: number;
  /** The request that was taken; null: there was nothing to send. */
  readonly taken: Try | null;
  /** `keep`: extends the lease by so many ms. `done`: nothing is left. `again`: more is left, and the next look may claim it. */
  readonly then: { readonly keep: number } | 'done' | 'again';
}

export interface Failure {
  /** Its `after` is the cursor's new place. */
  readonly failed: Try;
  /** ms until the next try; or what becomes of the subscriber. */
  readonly then: { readonly retryIn: number } | { readonly state: 'paused' | 'ended'; readonly reason: SubscriberReason };
}

export interface SubscriberFilter {
  /** Undefined: of every tenant, and those to all tenants. */
  readonly tenants?: readonly string[];
  /** Only those that are not active, or of which a partition fails. */
  readonly inTrouble?: boolean;
}

export type SubscriberResumed = 'resumed' | 'unknown' | 'ended' | 'lost_changes';

/** @throws StoreError like `RecipientStore`. */
export interface SubscriberStore {
  /** False: the tenant has as many as it may have. `after`: what is behind this position is delivered. */
  add(subscriber: Subscriber & { readonly createdBy: string | null; readonly secret: string }, after: FeedPosition): Promise<boolean>;
  /** By id; `limit` at most, behind the id `after`. */
  list(filter: SubscriberFilter, page: { readonly after: string | null; readonly limit: number }): Promise<readonly ListedSubscriber[]>;
  find(id: string): Promise<ListedSubscriber | null>;
  /** False: there is none. */
  remove(id: string): Promise<boolean>;
  /** Undefined members stay. False: there is none. */
  change(id: string, values: { readonly url?: string; readonly description?: string | null }): Promise<boolean>;
  /** False: there is none that is active. */
  pause(id: string): Promise<boolean>;
  /**
   * Goes on where it stopped, at once. `lost_changes`: a cursor is before `oldest`, and `skipLost` is false; otherwise it goes on there, and
   * the next request says so.
   */
  resume(id: string, oldest: FeedPosition, skipLost: boolean): Promise<SubscriberResumed>;
  /** Those that are valid now, the latest first. */
  secrets(id: string): Promise<readonly string[]>;
  /** The others stay valid for `overlap` ms at most. False: there is no such subscriber. */
  rotate(id: string, secret: string, overlap: number): Promise<boolean>;
  /** The latest first; `TRIES_KEPT` of each partition, and as many tests. */
  tries(id: string, limit: number): Promise<readonly NotedTry[]>;
  tryOf(id: string, tryId: string): Promise<NotedTry | null>;
  /** Notes a test or a resend. Returns its id; null: the subscriber is gone. */
  note(id: string, tried: Try): Promise<string | null>;
  /** Subscribers that are active, with what each wants. */
  active(): Promise<readonly (Pick<Subscriber, 'id'> & FeedFilter)[]>;
  /** How many there are: `failing` are active ones of which a partition fails. */
  counts(): Promise<Readonly<Record<SubscriberState | 'failing', number>>>;
  /** Gives cursors to partitions that were published in since their subscriber was added. */
  completeCursors(partitions: number): Promise<void>;
  /** Leases cursors of active subscribers that nobody leases, those that were looked at longest ago first. */
  claim(terms: ClaimTerms): Promise<readonly ClaimedCursor[]>;
  /** Fixes where the next request ends, before it is sent, and extends the lease. */
  plan(cursor: CursorRef, upTo: number, lease: number): Promise<Settled>;
  /** A place that is above the cursor's ends its failures; one at or above the planned end ends the plan. */
  advance(cursor: CursorRef, advance: Advance): Promise<Settled>;
  /** Ends the lease. When the subscriber was resumed while the request was under way, the next try follows at once, as its second one. */
  fail(cursor: CursorRef, failure: Failure): Promise<Settled>;
  /** Pauses the subscriber because changes behind the cursor were deleted, and ends the lease. */
  loseChanges(cursor: CursorRef, problem: string): Promise<Settled>;
}
