/** The words of the recipient's state machine. */
import type { Verdict } from '@desist/verdicts';
import type { EngagementKind } from '../event.ts';

export type RecipientStateName = 'healthy' | 'deferred' | 'persistent' | 'soft_bounced' | 'suppressed';

/** `*`: all streams of the tenant; otherwise one stream. */
export type Scope = string;
export const ALL_STREAMS: Scope = '*';

export const SUPPRESSION_REASONS = ['persistent_deferral', 'hard_bounce', 'complaint', 'unsubscribe', 'operator'] as const;
export type SuppressionReason = (typeof SUPPRESSION_REASONS)[number];

/** Whether the recipient asked for it: only force releases such an entry. */
export function isObjectionReason(reason: SuppressionReason): reason is 'complaint' | 'unsubscribe' {
  return reason === 'complaint' || reason === 'unsubscribe';
}

/** Whether it rests on failures: a policy decides about it, a delivery may show that it is wrong, and `allow` overrides it. */
export function restsOnFailures(reason: SuppressionReason): reason is 'persistent_deferral' | 'hard_bounce' {
  return reason === 'persistent_deferral' || reason === 'hard_bounce';
}

export type Cause = 'event' | 'deadline' | 'delivered' | 'engaged' | 'expiry' | 'lapse' | 'operator' | 'correction';

export type ChangeType =
  'deferred' | 'persistent' | 'soft_bounced' | 'at_risk' | 'suppressed' | 'released' | 'recovered' | 'corrected' | 'allowed' | 'disallowed';

/** A reply that counted or could have: the verdict, and the text with the address cut out. */
export interface ClassifiedReply {
  readonly verdict: Verdict;
  /** Code, enhanced code and text as one line, bounded, without addresses; null when there was no reply. */
  readonly reply: string | null;
  readonly provider: string | null;
  /** Which source reported it, as the event names it. */
  readonly source?: string;
}

/** What a closed window says: decided once, kept with each failure that asks, never revised. */
export interface BaselineAnswer {
  /** When the window closed, ms. */
  readonly closesAt: number;
  readonly passes: boolean;
  /** Deliveries and failing recipients of the same provider and tenant in it. */
  readonly deliveries: number;
  readonly failing: number;
}

interface FactBase {
  /** When it happened, ms. */
  readonly at: number;
  readonly id: string;
}

/** A deferred, bounced or expired event with its verdict. */
export interface FailureFact extends FactBase {
  readonly kind: 'failure';
  readonly type: 'deferred' | 'bounced' | 'expired';
  readonly stream: string;
  /** Null: a message of its own. */
  readonly message: string | null;
  readonly classified: ClassifiedReply;
  /** The event had no reply of its own, or one that says only that time ran out (`expired` only). */
  readonly causeUnknown: boolean;
  /** Counted failures between the kept failure before this one and this one that compaction dropped. */
  readonly merged: number;
  /** Of a failure that counts by contrast, once its window has closed. */
  readonly baseline?: BaselineAnswer;
  /** Id of the incident that excludes it: it counts for nothing. */
  readonly incident?: string;
  /** It suppressed on probation after this one, which is not kept: it does so by itself. */
  readonly again?: PreviousSuppression;
  /** Its streak is void for good. It is kept for an `expired` of its message that has no reply of its own. */
  readonly causeOnly?: boolean;
  readonly raised?: boolean;
}

export interface DeliveredFact extends FactBase {
  readonly kind: 'delivered';
  readonly stream: string;
  readonly message: string | null;
}

/** Proof of life. What it voids and releases: `resetBy`. */
export interface EngagedFact extends FactBase {
  readonly kind: 'engaged';
  readonly engagement: EngagementKind;
  readonly stream: string;
  /** The message that was clicked or answered. */
  readonly message: string | null;
  /** Which source reported it. */
  readonly source?: string;
}

export interface ObjectionFact extends FactBase {
  readonly kind: 'complained' | 'unsubscribed';
  readonly stream: string;
  /** Which source reported it. */
  readonly source?: string;
  /** Its entry was raised to `*` and stays there, although the entries that left no room for it may have ended since. */
  readonly raised?: boolean;
}

export interface CommandFact extends FactBase {
  readonly kind: 'suppress' | 'release' | 'allow' | 'disallow';
  readonly scope: Scope;
  readonly expiresAt: number | null;
  readonly force: boolean;
  readonly by: string | null;
  /** Why, in the operator's words. */
  readonly note?: string;
  /** What it comes from. */
  readonly source?: string;
  /** Of a domain: also for those below it. */
  readonly subdomains?: boolean;
  readonly raised?: boolean;
}

/** Changes entries that are active: one of a scope and reason, or of a scope the operator's, or without one all others of the scope. */
export interface AmendFact extends FactBase {
  readonly kind: 'amend';
  readonly scope: Scope;
  readonly reason?: SuppressionReason;
  /** Ms; null: it never ends. Absent: as it is. */
  readonly expiresAt?: number | null;
  /** The empty text: no note any more. Absent: as it is. */
  readonly note?: string;
  /** Absent: as it is. */
  readonly subdomains?: boolean;
  /** It may also end a complaint or an unsubscribe earlier. */
  readonly force: boolean;
  /** It was applied before a release that was to end the entry: it does not count among those of which there are only so many. */
  readonly settled?: boolean;
  readonly by: string | null;
}

/** What is kept of an event: enough to fold it again, nothing that identifies the mailbox. */
export type Fact = FailureFact | DeliveredFact | EngagedFact | ObjectionFact | CommandFact | AmendFact;

export interface Evidence {
  readonly firstFailureAt: number;
  readonly lastFailureAt: number;
  readonly failures: number;
  readonly messages: number;
  readonly category: string;
  readonly rule: string;
  readonly reply: string | null;
  /** Of a suppression on probation, which rests on one failure: the suppression before. */
  readonly previous?: PreviousSuppression;
}

/** A `persistent_deferral` that has expired, ms. */
export interface PreviousSuppression {
  readonly since: number;
  readonly endedAt: number;
}

export interface SuppressionTerms {
  readonly scope: Scope;
  readonly reason: SuppressionReason;
  readonly since: number;
  readonly expiresAt: number | null;
  /** Of a domain, when it also holds for those below it. */
  readonly subdomains?: boolean;
  /** Of a change only: the stream that asked for the entry, raised to `*` because so many others hold entries of their own. */
  readonly raisedFrom?: Scope;
}

/** Where an entry comes from: for people, it decides nothing. */
export interface EntryDetails {
  /** Who made it, when a command did. */
  readonly by: string | null;
  /** The last note of a command. */
  readonly note: string | null;
  /** The source of the command, or of the event that made it. */
  readonly source: string | null;
  /** Who operates the mailbox, when a reply made it. */
  readonly provider: string | null;
}

export interface Allowance {
  readonly scope: Scope;
  readonly expiresAt: number | null;
}

/** One change as the fold decides it, in the order of `version`. Ids and sequence numbers are given when it is published. */
export interface Change {
  readonly type: ChangeType;
  readonly from: RecipientStateName;
  readonly to: RecipientStateName;
  readonly suppression: SuppressionTerms | null;
  readonly allowance: Allowance | null;
  readonly cause: Cause;
  /** Of cause `engaged`: how. */
  readonly engagement?: EngagementKind;
  readonly effectiveAt: number;
  /** Partition clock at the decision, ms. */
  readonly recordedAt: number;
  readonly evidence: Evidence | null;
  /** `recipientVersion`. */
  readonly version: number;
  /** `corrected` only: the version of the change that late evidence undid. */
  readonly corrects: number | null;
  /** Version (hash) of the policy that decided. */
  readonly policy: string;
  /** Id of the incident that brought it about, if one did. */
  readonly incident?: string;
  /** What roll-ups count by it, when that is not simply its own type: it restates, undoes, or says more than one thing. */
  readonly counts?: readonly ChangeCount[];
  /** Of an expiry after which the recipient is on probation: until when, ms. */
  readonly probationUntil?: number;
}

/** Each thing that is published counts once, however often it is restated, and not at all when it is undone. */
export interface ChangeCount {
  readonly type: ChangeType;
  /** When that took effect, ms. Of a suppression its `since`, which is the same whenever it is restated. */
  readonly at: number;
  /** Null: it is no suppression. */
  readonly reason: SuppressionReason | null;
  /** -1 takes back what an earlier change counted. */
  readonly times: 1 | -1;
}
