/** One table of what every category means for the recipient's record. Source: the taxonomy of docs/verdicts. */
import type { Attribution, Category, Permanence, Verdict } from './types.ts';

/**
 * How long a category lasts. `temporary`: always, whatever the reply's first digit says. `permanent`: unless the
 * reply says 4xx, for then the MTA tries again anyway. `as_said`: what the first digit says, temporary without one.
 */
export type Lasting = 'temporary' | 'permanent' | 'as_said';

/**
 * May it advance the recipient's streak? `counts`, `weakly` (counts, but is poor evidence), `by_contrast` (only while
 * the same provider accepts mail for others), `after_window` (greylisting: by contrast once its window has ended), `never`.
 */
export type Streak = 'counts' | 'weakly' | 'by_contrast' | 'after_window' | 'never';

/** What a permanent one suppresses at once: the address, the address for the event's stream only, or nothing. */
export type HardBounce = 'address' | 'stream' | 'never';

export interface CategoryInfo {
  readonly category: Category;
  readonly attribution: Attribution;
  readonly lasting: Lasting;
  readonly streak: Streak;
  readonly hardBounce: HardBounce;
}

function row(
  category: Category,
  attribution: Attribution,
  lasting: Lasting,
  streak: Streak,
  hardBounce: HardBounce = 'never',
): CategoryInfo {
  return { category, attribution, lasting, streak, hardBounce };
}

export const CATEGORIES: readonly CategoryInfo[] = [
  row('user_unknown', 'recipient', 'permanent', 'counts', 'address'),
  row('domain_not_found', 'recipient', 'permanent', 'counts', 'address'),
  row('invalid_address', 'recipient', 'permanent', 'counts', 'address'),
  row('mailbox_disabled', 'recipient', 'permanent', 'counts', 'address'),
  row('mailbox_full', 'recipient', 'temporary', 'counts'),
  row('mailbox_moved', 'recipient', 'permanent', 'counts', 'address'),
  row('mailbox_unavailable', 'recipient', 'temporary', 'weakly'),
  row('recipient_refused', 'recipient', 'permanent', 'counts', 'stream'),
  // An echo of somebody's own list: not new evidence about the mailbox.
  row('upstream_suppressed', 'recipient', 'permanent', 'never'),
  row('ip_reputation', 'sender', 'as_said', 'never'),
  row('domain_reputation', 'sender', 'as_said', 'never'),
  row('rate_limited', 'sender', 'temporary', 'never'),
  row('auth_failure', 'sender', 'permanent', 'never'),
  row('auth_temp_failure', 'sender', 'temporary', 'never'),
  row('rdns_failure', 'sender', 'as_said', 'never'),
  row('tls_required', 'sender', 'as_said', 'never'),
  row('sender_rejected', 'sender', 'as_said', 'never'),
  row('policy_block', 'sender', 'permanent', 'never'),
  row('spam_content', 'message', 'permanent', 'never'),
  row('content_rejected', 'message', 'permanent', 'never'),
  row('virus_detected', 'message', 'permanent', 'never'),
  row('message_too_large', 'message', 'permanent', 'never'),
  row('too_many_recipients', 'message', 'temporary', 'never'),
  row('greylisting', 'greylisting', 'temporary', 'after_window'),
  // Names the recipient, but says that he gets mail: must never count.
  row('recipient_rate_limited', 'system', 'temporary', 'never'),
  row('server_busy', 'system', 'temporary', 'by_contrast'),
  row('system_error', 'system', 'temporary', 'by_contrast'),
  row('dns_failure', 'local', 'temporary', 'never'),
  row('connection_failure', 'local', 'temporary', 'never'),
  row('expired', 'local', 'as_said', 'never'),
  row('routing_loop', 'system', 'permanent', 'never'),
  row('relay_denied', 'system', 'permanent', 'never'),
  row('protocol_error', 'system', 'permanent', 'never'),
  row('unknown', 'unknown', 'as_said', 'by_contrast'),
];

const BY_NAME: ReadonlyMap<Category, CategoryInfo> = new Map(CATEGORIES.map((info) => [info.category, info]));

/** The table's row of a category. */
export function categoryInfo(category: Category): CategoryInfo {
  const info = BY_NAME.get(category);
  if (info === undefined) throw new Error(`category without a row: ${category}`);
  return info;
}

/** What a category lasts when the reply's first digit is `digit` (4, 5, or undefined when it shows none). */
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
 * Does this count against the recipient whatever the provider does for others? Attribution recipient, except an upstream's own suppression list. What
 * counts only by contrast (system, unknown, late greylisting) is not asked here.
 */
export function counts(verdict: Verdict): boolean {
  return verdict.attribution === 'recipient' && verdict.category !== 'upstream_suppressed';
}

/**
 * Would a `bounced` event with this verdict suppress at once? True for a permanent user_unknown, domain_not_found,
 * invalid_address, mailbox_disabled, mailbox_moved, and for recipient_refused (for the event's stream only).
 */
export function isHardBounce(verdict: Verdict): boolean {
  return verdict.permanence === 'permanent' && categoryInfo(verdict.category).hardBounce !== 'never';
}

/** The verdict on nothing: no code, no text. */
export const NO_REPLY: Verdict = {
  category: 'unknown',
  attribution: 'unknown',
  permanence: 'temporary',
  rule: 'no_reply',
};

/** ... of which the source says that it is permanent: as good as a give-up, no hard bounce. */
export const NO_REPLY_PERMANENT: Verdict = { ...NO_REPLY, permanence: 'permanent', rule: 'no_reply_permanent' };
