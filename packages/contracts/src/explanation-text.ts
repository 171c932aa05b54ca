/** The sentences of an explanation, the same over HTTP and on the command line. */
import type { FactReason, Outlook, SuppressionReason, VoidedBy } from '@desist/domain';
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
      return `suppressed at ${formatTime(outlook.at)} unless something is delivered before`;
    case 'probation':
      return `on probation until ${formatTime(outlook.until)}: one more failure (${outlook.categories.join(', ')}) suppresses again; a delivery ends it`;
    case 'no_deadline':
      return 'not on its way to a suppression: the evidence is too thin or too old; a delivery ends the streak';
    default:
      return outlook satisfies never;
  }
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
  release: 'an operator released the recipient',
  expiry: 'the suppression that it led to has expired',
  lapse: 'the streak ended, nothing failed for too long',
};

const ENDS: Readonly<Record<SuppressionReason, string>> = {
  persistent_deferral: 'a delivery or `release` ends it',
  hard_bounce: "another message's delivery or `release` ends it",
  complaint: 'only `release` with force ends it',
  unsubscribe: 'only `release` with force ends it',
  operator: '`release` ends it',
};
