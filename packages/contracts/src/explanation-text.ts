/** The sentences of an explanation, the same over HTTP and on the command line. */
import type { EngagementEffect, EngagementKind, FactReason, Outlook, SuppressionReason, VoidedBy } from '@desist/domain';
import { formatTime } from '@desist/formats/event';

/** Why a fact does not count. */
export function factReasonText(reason: FactReason): string {
  switch (reason.code) {
    case 'while_suppressed':
      return 'came while suppressed: kept for the record, extends nothing';
    case 'no_effect':
      return 'changed nothing';
    case 'too_many_allowances':
      return `refused: ${reason.limit} streams have allowances already, end one of them first`;
    case 'too_many_amends':
      return `refused: such entries were given an end ${reason.limit} times; \`release\` with force ends them all`;
    case 'nothing_active':
      return 'refused: nothing of that scope and reason was active (or what was has become void since)';
    case 'needs_force':
      return 'refused: only with force does a complaint or an unsubscribe end earlier';
    case 'voided':
      return `void: ${VOIDED[reason.by]}`;
    case 'excluded':
      return `held back: part of incident ${reason.incident}, many recipients failed together`;
    case 'window_open':
      return 'by contrast: counts if it shows, when its window has closed, that the same provider accepted mail for others';
    case 'cause_only':
      return 'void: kept for what a later `expired` of its message means';
    case 'provider_failing':
      return `did not count: the provider was failing for ${percentFailing(reason)} % of recipients (${figures(reason)})`;
    case 'too_little_mail':
      return `did not count: the provider delivered too little to compare with (${figures(reason)})`;
    case 'upstream_suppressed':
      return "an echo of somebody else's list: no new evidence";
    case 'recipient_rate_limited':
      return 'the mailbox gets mail, only too much of it: it never counts';
    case 'by_policy':
      return 'the policy says that it does not count';
    case 'greylisting':
      return 'greylisting: the server asks to try again';
    case 'click_ignored':
      return 'changed nothing: security scanners click, too, and the policy (`engagement.clicks`) believes no click';
    case 'sender':
      return `${reason.category} is the sender's own problem: it never counts`;
    case 'message':
      return `${reason.category} is about the message: it never counts`;
    case 'local':
      return `${reason.category} was said by the sending side: it never counts`;
    case 'says_nothing':
      return `${reason.category} says nothing about the mailbox: it never counts`;
    default:
      return reason satisfies never;
  }
}

/** What would change the state. */
export function outlookText(outlook: Outlook): string {
  switch (outlook.code) {
    case 'suppression': {
      const { reason, scope, expiresAt } = outlook;
      const stream = scope === '*' ? '' : ` of stream ${scope}`;
      const until = expiresAt === null ? '' : `; ends by itself at ${formatTime(expiresAt)}`;
      return `${reason}${stream}: ${ENDS[reason]}${until}`;
    }
    case 'deadline':
      return `suppressed at ${formatTime(outlook.at)} unless a delivery or proof of life comes before`;
    case 'probation':
      return `on probation until ${formatTime(outlook.until)}: one more failure (${outlook.categories.join(', ')}) suppresses again; a delivery or proof of life ends it`;
    case 'no_deadline':
      return 'not on its way to a suppression: the evidence is too thin or too old; a delivery or proof of life ends the streak';
    default:
      return outlook satisfies never;
  }
}

/** What the recipient did, as in "clicked at 10:00". */
export const ENGAGEMENTS: Readonly<Record<EngagementKind, string>> = {
  click: 'clicked',
  reply: 'replied',
  login: 'logged in',
  confirmed: 'confirmed the address',
};

/** What proof of life did: "which releases …", and what it left as it was. */
export function effectText(kind: EngagementKind, { released, standing }: EngagementEffect): string {
  const names = released.map(nameOf);
  const done =
    names.length === 0 ? 'which voids the failures before it' : `which voids the failures before it and releases ${listed(names)}`;
  return [done, ...standing.map((entry) => `${nameOf(entry)} stays: ${staysBecause(kind, entry.reason)}`)].join('; ');
}

function nameOf({ reason, scope }: EngagementEffect['released'][number]): string {
  return scope === '*' ? reason : `${reason} of stream ${scope}`;
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${String(names.at(-1))}`;
}

function staysBecause(kind: EngagementKind, reason: SuppressionReason): string {
  if (reason !== 'hard_bounce') return ENDS[reason];
  return kind === 'login' || kind === 'confirmed'
    ? 'one can do that with an address that is dead for mail'
    : 'it is of the same message, or of another stream';
}

interface Figures {
  readonly deliveries: number;
  readonly failing: number;
}

function percentFailing({ deliveries, failing }: Figures): number {
  return failing === 0 ? 0 : Math.round((100 * failing) / (failing + deliveries));
}

function figures({ deliveries, failing }: Figures): string {
  return `${deliveries} deliveries, ${failing} failing recipients`;
}

const VOIDED: Readonly<Record<VoidedBy, string>> = {
  delivered: 'a later message was delivered',
  engaged: 'the recipient showed later that somebody is there',
  release: 'an operator released the recipient',
  expiry: 'the suppression that it led to has expired',
  lapse: 'the streak ended, nothing failed for too long',
};

const ENDS: Readonly<Record<SuppressionReason, string>> = {
  persistent_deferral: 'a delivery, proof of life or `release` ends it',
  hard_bounce: "another message's delivery, a reply or `release` ends it",
  complaint: 'only `release` with force ends it',
  unsubscribe: 'only `release` with force ends it',
  operator: '`release` ends it',
};
