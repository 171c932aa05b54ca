/** The words of the recipient's state machine. */
import type { Verdict } from '../verdict/index.ts';

export type RecipientStateName = 'healthy' | 'deferred' | 'persistent' | 'soft_bounced' | 'suppressed';

/** `*`: all streams of the tenant; otherwise one stream. */
export type Scope = string;
export const ALL_STREAMS: Scope = '*';

export type SuppressionReason = 'persistent_deferral' | 'hard_bounce' | 'complaint' | 'unsubscribe' | 'operator';

export type Cause = 'event' | 'deadline' | 'delivered' | 'expiry' | 'lapse' | 'operator' | 'correction';

export type ChangeType =
  'deferred' | 'persistent' | 'soft_bounced' | 'at_risk' | 'suppressed' | 'released' | 'recovered' | 'corrected' | 'allowed' | 'disallowed';

/** A reply that counted or could have: the verdict, and the text with the address cut out. */
export interface Judged {
  readonly verdict: Verdict;
  /** Code, enhanced code and text as one line, bounded, without addresses; null when there was no reply. */
  readonly reply: string | null;
  readonly provider: string | null;
}

/** What a closed window says: decided once, kept with each failure that asks, never revised. */
export interface ContrastAnswer {
  /** When the window closed, ms. */
  readonly closesAt: number;
  readonly holds: boolean;
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
  readonly judged: Judged;
  /** The event had no reply of its own, or one that says only that time ran out (`expired` only). */
  readonly causeUnknown: boolean;
  /** Counted failures between the kept failure before this one and this one that thinning dropped. */
  readonly merged: number;
  /** Of a failure that counts by contrast, once its window has closed. */
  readonly contrast?: ContrastAnswer;
  /** Id of the incident that holds it back: it counts for nothing. */
  readonly incident?: string;
}

export interface DeliveredFact extends FactBase {
  readonly kind: 'delivered';
  readonly stream: string;
  readonly message: string | null;
}

export interface ObjectionFact extends FactBase {
  readonly kind: 'complained' | 'unsubscribed';
  readonly stream: string;
}

export interface CommandFact extends FactBase {
  readonly kind: 'suppress' | 'release' | 'allow' | 'disallow';
  readonly scope: Scope;
  readonly expiresAt: number | null;
  readonly force: boolean;
  readonly by: string | null;
  /** Why, in the operator's words. */
  readonly note?: string;
}

/** What is kept of an event: enough to fold it again, nothing that identifies the mailbox. */
export type Fact = FailureFact | DeliveredFact | ObjectionFact | CommandFact;

export interface Evidence {
  readonly firstFailureAt: number;
  readonly lastFailureAt: number;
  readonly failures: number;
  readonly messages: number;
  readonly category: string;
  readonly rule: string;
  readonly reply: string | null;
}

export interface SuppressionTerms {
  readonly scope: Scope;
  readonly reason: SuppressionReason;
  readonly since: number;
  readonly expiresAt: number | null;
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
}
