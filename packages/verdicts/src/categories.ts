/** Defines what each category means for the recipient's record. Source: the taxonomy of docs/verdicts. */
import type { Attribution, Category, Permanence, Verdict } from './types.ts';

/**
 * Permanence of a category. `temporary`: always, whatever the reply's first digit. `permanent`: unless the reply is 4xx, because the MTA
 * retries then. `as_said`: by the first digit; temporary without one.
 */
export type Lasting = 'temporary' | 'permanent' | 'as_said';

/**
 * Whether a failure advances the recipient's streak. `counts`: yes. `weakly`: yes, but it is weak evidence. `by_contrast`: only while the
 * same provider accepts mail for other recipients. `after_window`: greylisting, as `by_contrast` once its window has ended. `never`: no.
 */
export type Streak = 'counts' | 'weakly' | 'by_contrast' | 'after_window' | 'never';

/** What a permanent failure suppresses at once: the address, the address for the event's stream only, or nothing. */
export type HardBounce = 'address' | 'stream' | 'never';

export interface CategoryInfo {
  readonly category: Category;
  readonly attribution: Attribution;
  readonly lasting: Lasting;
  readonly streak: Streak;
  readonly hardBounce: HardBounce;
}

export const CATEGORIES: readonly CategoryInfo[] = [
  { category: 'user_unknown', attribution: 'recipient', lasting: 'permanent', streak: 'counts', hardBounce: 'address' },
  { category: 'domain_not_found', attribution: 'recipient', lasting: 'permanent', streak: 'counts', hardBounce: 'address' },
  { category: 'invalid_address', attribution: 'recipient', lasting: 'permanent', streak: 'counts', hardBounce: 'address' },
  { category: 'mailbox_disabled', attribution: 'recipient', lasting: 'permanent', streak: 'counts', hardBounce: 'address' },
  { category: 'mailbox_full', attribution: 'recipient', lasting: 'temporary', streak: 'counts', hardBounce: 'never' },
  { category: 'mailbox_moved', attribution: 'recipient', lasting: 'permanent', streak: 'counts', hardBounce: 'address' },
  { category: 'mailbox_unavailable', attribution: 'recipient', lasting: 'temporary', streak: 'weakly', hardBounce: 'never' },
  { category: 'recipient_refused', attribution: 'recipient', lasting: 'permanent', streak: 'counts', hardBounce: 'stream' },
  // It repeats an entry of the upstream's own suppression list and is not new evidence about the mailbox.
  { category: 'upstream_suppressed', attribution: 'recipient', lasting: 'permanent', streak: 'never', hardBounce: 'never' },
  { category: 'ip_reputation', attribution: 'sender', lasting: 'as_said', streak: 'never', hardBounce: 'never' },
  { category: 'domain_reputation', attribution: 'sender', lasting: 'as_said', streak: 'never', hardBounce: 'never' },
  { category: 'rate_limited', attribution: 'sender', lasting: 'temporary', streak: 'never', hardBounce: 'never' },
  { category: 'auth_failure', attribution: 'sender', lasting: 'permanent', streak: 'never', hardBounce: 'never' },
  { category: 'auth_temp_failure', attribution: 'sender', lasting: 'temporary', streak: 'never', hardBounce: 'never' },
  { category: 'rdns_failure', attribution: 'sender', lasting: 'as_said', streak: 'never', hardBounce: 'never' },
  { category: 'tls_required', attribution: 'sender', lasting: 'as_said', streak: 'never', hardBounce: 'never' },
  { category: 'sender_rejected', attribution: 'sender', lasting: 'as_said', streak: 'never', hardBounce: 'never' },
  { category: 'policy_block', attribution: 'sender', lasting: 'permanent', streak: 'never', hardBounce: 'never' },
  { category: 'spam_content', attribution: 'message', lasting: 'permanent', streak: 'never', hardBounce: 'never' },
  { category: 'content_rejected', attribution: 'message', lasting: 'permanent', streak: 'never', hardBounce: 'never' },
  { category: 'virus_detected', attribution: 'message', lasting: 'permanent', streak: 'never', hardBounce: 'never' },
  { category: 'message_too_large', attribution: 'message', lasting: 'permanent', streak: 'never', hardBounce: 'never' },
  { category: 'too_many_recipients', attribution: 'message', lasting: 'temporary', streak: 'never', hardBounce: 'never' },
  { category: 'greylisting', attribution: 'greylisting', lasting: 'temporary', streak: 'after_window', hardBounce: 'never' },
  // It names the recipient, but shows that the mailbox receives mail, so it must never count.
  { category: 'recipient_rate_limited', attribution: 'system', lasting: 'temporary', streak: 'never', hardBounce: 'never' },
  { category: 'server_busy', attribution: 'system', lasting: 'temporary', streak: 'by_contrast', hardBounce: 'never' },
  { category: 'system_error', attribution: 'system', lasting: 'temporary', streak: 'by_contrast', hardBounce: 'never' },
  { category: 'dns_failure', attribution: 'local', lasting: 'temporary', streak: 'never', hardBounce: 'never' },
  { category: 'connection_failure', attribution: 'local', lasting: 'temporary', streak: 'never', hardBounce: 'never' },
  { category: 'expired', attribution: 'local', lasting: 'as_said', streak: 'never', hardBounce: 'never' },
  { category: 'routing_loop', attribution: 'system', lasting: 'permanent', streak: 'never', hardBounce: 'never' },
  { category: 'relay_denied', attribution: 'system', lasting: 'permanent', streak: 'never', hardBounce: 'never' },
  { category: 'protocol_error', attribution: 'system', lasting: 'permanent', streak: 'never', hardBounce: 'never' },
  { category: 'unknown', attribution: 'unknown', lasting: 'as_said', streak: 'by_contrast', hardBounce: 'never' },
];

const BY_NAME: ReadonlyMap<Category, CategoryInfo> = new Map(CATEGORIES.map((info) => [info.category, info]));

/** The table row of a category. */
export function categoryInfo(category: Category): CategoryInfo {
  const info = BY_NAME.get(category);
  if (info === undefined) throw new Error(`category without a row: ${category}`);
  return info;
}

/** The permanence of a category when the reply's first digit is `digit` (4, 5, or undefined if there is none). */
export function permanenceOf(category: Category, digit: 4 | 5 | undefined): Permanence {
  const { lasting } = categoryInfo(category);
  switch (lasting) {
    case 'temporary':
      return 'temporary';
    case 'permanent':
      return digit === 4 ? 'temporary' : 'permanent';
    case 'as_said':
      return digit === 5 ? 'permanent' : 'temporary';
    default:
      lasting satisfies never;
      return 'temporary';
  }
}

/**
 * Whether a verdict counts against the recipient regardless of whether the provider accepts mail for others. True for attribution
 * `recipient`, except for an upstream's own suppression list. Verdicts that count only by contrast (system, unknown, late greylisting) are
 * not covered here.
 */
export function counts(verdict: Verdict): boolean {
  return verdict.attribution === 'recipient' && verdict.category !== 'upstream_suppressed';
}

/**
 * Whether a `bounced` event with this verdict suppresses at once. True for a permanent user_unknown, domain_not_found,
 * invalid_address, mailbox_disabled, mailbox_moved, and for recipient_refused (for the event's stream only).
 */
export function isHardBounce(verdict: Verdict): boolean {
  return verdict.permanence === 'permanent' && categoryInfo(verdict.category).hardBounce !== 'never';
}

/** The verdict for an empty reply: no code, no text. */
export const NO_REPLY: Verdict = {
  category: 'unknown',
  attribution: 'unknown',
  permanence: 'temporary',
  rule: 'no_reply',
};

/** The verdict for an empty reply that the source calls permanent. It is treated as a give-up, not as a hard bounce. */
export const NO_REPLY_PERMANENT: Verdict = { ...NO_REPLY, permanence: 'permanent', rule: 'no_reply_permanent' };
