/**
 * Delivery status notifications (RFC 3464, RFC 3461, RFC 6533): one event per recipient. The Action field determines the type; Status
 * only refines it.
 */
import type { DeliveryEventType } from '@desist/domain';
import type { DetectableFormat } from './detect.ts';
import { bareAddress, eventOf, ignored, problem } from './draft.ts';
import type { NormaliseContext, Normalised } from './format.ts';
import { bareMessageId, firstMoment, isAutoReply, isMail, looksLikeBounce, rawHeads, readMail } from './mail/report.ts';
import type { Mail } from './mail/report.ts';
import { returnedIdInText, textBounces } from './mail/text-bounce.ts';
import type { TextBounce } from './mail/text-bounce.ts';
import { bodyText, fieldGroups, firstField } from './mail/mime.ts';
import type { Field, Part } from './mail/mime.ts';
import { classOf, enhancedOf, replyCodes } from './reply.ts';

export const dsn: DetectableFormat = {
  name: 'dsn',
  looksLike: ({ text }) => !FEEDBACK.test(text) && MAIL_HEAD.test(text),
  normalise(payload, context) {
    const mail = readMail(payload);
    return isMail(mail) ? readReport(mail, payload, context) : [mail];
  },
};

const FEEDBACK = /^Content-Type:\s*message\/feedback-report/im;
/** Matches the header of a mail: fields that include at least one of the common ones. */
const MAIL_HEAD =
  /^(?:\s{0,100}\n)?(?:>?From [^\n]{0,1000}\n)?(?:[!-9;-~]{1,128}[ \t]{0,16}:[^\n]{0,8192}\n(?:[ \t][^\n]{0,8192}\n){0,100}){0,100}?(?:From|To|Date|Subject|Received|Return-Path|MIME-Version|Message-ID|Content-Type):/i;

const STATUS_TYPES: ReadonlySet<string> = new Set(['message/delivery-status', 'message/global-delivery-status']);

function readReport(mail: Mail, payload: Uint8Array, context: NormaliseContext): readonly Normalised[] {
  const raw = rawHeads(payload);
  const parts = statusParts(mail);
  if (parts.length === 0) return withoutStatus(mail, context, raw);
  const { message, recipients } = groupsOf(parts);
  if (recipients.length === 0) return [problem('invalid', 'Final-Recipient: missing, the status part names no recipient', raw())];
  const report: Report = { mail, message, seen: new Set() };
  return recipients.map((group) => readRecipient(report, group, context, raw));
}

/** Status parts by content type. In a multipart/report without one, parts whose text begins with status fields. */
function statusParts({ root, parts }: Mail): readonly Part[] {
  const labelled = parts.filter(({ type }) => STATUS_TYPES.has(type));
  if (labelled.length > 0 || root.type !== 'multipart/report') return labelled;
  return parts.filter((part) => /^text\/plain|^application\//.test(part.type) && UNLABELLED.test(bodyText(part, 4_096)));
}

const UNLABELLED = /^\s*(?:Reporting-MTA|Original-Envelope-Id|Final-Recipient|Original-Recipient|Arrival-Date)\s*:/i;

function withoutStatus(mail: Mail, context: NormaliseContext, raw: () => string): readonly Normalised[] {
  const { root, parts } = mail;
  if (parts.some(({ type }) => type === 'message/feedback-report')) return [ignored('a feedback report, not a status notification')];
  if (parts.some(({ type }) => type === 'message/disposition-notification')) return [ignored('a read receipt')];
  const found = textBounces(mail);
  if (found.length > 0) return found.map((one) => fromText(mail, one, context, raw));
  if (isAutoReply(root) && !looksLikeBounce(root)) return [ignored('an automatic reply')];
  if (!looksLikeBounce(root)) return [ignored('a mail that is not a report')];
  const detail =
    root.type === 'multipart/report'
      ? 'a report without a delivery-status part'
      : 'a bounce without a delivery-status part (RFC 3464), in no text that is known';
  return [problem('invalid', detail, raw())];
}

/** The text of a system that writes no delivery-status part names recipient and reason. */
function fromText(mail: Mail, one: TextBounce, context: NormaliseContext, raw: () => string): Normalised {
  const { enhanced } = replyCodes(one.text);
  const draft = {
    ...one,
    time: firstMoment([firstField(mail.root.fields, 'date')], context),
    id: mail.id,
    identity: [mail.id, one.text],
    messageId: mail.messageId ?? returnedIdInText(mail),
    permanent: one.type === 'bounced' ? enhanced?.[0] !== '4' : undefined,
  };
  return eventOf('dsn', draft, context, raw);
}

interface Groups {
  readonly message: readonly Field[];
  readonly recipients: readonly (readonly Field[])[];
}

const OF_RECIPIENT = /^(?:original|final)-recipient$/;
const MORE_OF_RECIPIENT = /^(?:action|status|diagnostic-code|remote-mta|last-attempt-date)$/;

/** Tolerates a blank line within a recipient's fields, and a missing blank line after the message's fields. */
function groupsOf(parts: readonly Part[]): Groups {
  const message: Field[] = [];
  const recipients: Field[][] = [];
  const texts = new Set<string>();
  for (const part of parts) {
    // Some reports contain the same status part twice. The copy is skipped.
    const text = bodyText(part).trim();
    if (texts.has(text)) continue;
    texts.add(text);
    for (const group of fieldGroups(part)) addGroup(group, message, recipients);
  }
  return { message, recipients };
}

function addGroup(group: readonly Field[], message: Field[], recipients: Field[][]): void {
  const last = recipients.at(-1);
  if (group.some(({ name }) => OF_RECIPIENT.test(name))) recipients.push([...group]);
  else if (last !== undefined && group.some(({ name }) => MORE_OF_RECIPIENT.test(name) && firstField(last, name) === undefined))
    last.push(...group);
  else message.push(...group);
}

type Meaning = DeliveryEventType | 'probe';

interface Report {
  readonly mail: Mail;
  /** Fields about the message as a whole. */
  readonly message: readonly Field[];
  /** Addresses of the recipients that have been read, in lower case. */
  readonly seen: Set<string>;
}

/** Reads one recipient's group of fields. Adds the recipient to `report.seen`. */
function readRecipient(report: Report, group: readonly Field[], context: NormaliseContext, raw: () => string): Normalised {
  const { mail, message, seen } = report;
  const status = statusOf(firstField(group, 'status'));
  const diagnostic = diagnosticOf(firstField(group, 'diagnostic-code'));
  const digit = digitOf(status.enhanced, diagnostic);
  const type = meaningOf(firstField(group, 'action'), digit);
  if (type === 'probe') return ignored('an address probe');
  const recipient = recipientOf(group);
  if (recipient === undefined) return problem('no_recipient', `${type}: no address in Original-Recipient or Final-Recipient`, raw());
  const again = seen.has(recipient.toLowerCase());
  seen.add(recipient.toLowerCase());
  const draft = {
    type,
    recipient,
    time: firstMoment(
      [
        firstField(group, 'last-attempt-date'),
        firstField(mail.root.fields, 'date'),
        firstField(group, 'arrival-date') ?? firstField(message, 'arrival-date'),
      ],
      context,
    ),
    // One alias can have several final recipients in one report, so only the first event gets the report's id.
    id: mail.id === undefined || again ? undefined : mail.id,
    identity: [mail.id, firstField(group, 'final-recipient'), firstField(group, 'action'), status.enhanced, diagnostic],
    messageId: mail.messageId ?? originalId(mail, message, group),
    enhanced: status.enhanced,
    text: diagnostic ?? status.comment,
    remoteHost: hostOf(firstField(group, 'remote-mta')),
    permanent: type !== 'bounced' || digit === undefined ? undefined : digit === '5',
  };
  return eventOf('dsn', draft, context, raw);
}

/** The Action field determines the meaning. Without it the status class does, and class 4 then means deferred, not a final failure. */
function meaningOf(action: string | undefined, digit: string | undefined): Meaning {
  switch (/^\s*([a-z-]{1,40})/i.exec(action ?? '')?.[1]?.toLowerCase()) {
    case 'failed':
    case 'failure':
      return digit === '4' ? 'expired' : 'bounced';
    case 'delayed':
      return 'deferred';
    case 'delivered':
    case 'relayed':
    case 'expanded':
      return 'delivered';
    case 'deliverable':
    case 'undeliverable':
      return 'probe';
    default:
      return digit === '2' ? 'delivered' : digit === '4' ? 'deferred' : 'bounced';
  }
}

interface Status {
  readonly enhanced: string | undefined;
  readonly comment: string | undefined;
}

function statusOf(value: string | undefined): Status {
  const comment = /^\s*[\d.]{1,20}\s*\((.{1,1000})\)\s*$/.exec(value ?? '')?.[1]?.trim();
  return { enhanced: enhancedOf(value) ?? enhancedOf(/[245]\.\d{1,3}\.\d{1,3}/.exec(value?.slice(0, 200) ?? '')?.[0]), comment };
}

/** The class comes from Status. The reply is used only if Status is missing. */
function digitOf(enhanced: string | undefined, diagnostic: string | undefined): string | undefined {
  if (enhanced !== undefined) return enhanced[0];
  return classOf(replyCodes(diagnostic ?? ''));
}

/** Removes the diagnostic type: `smtp; 550 ...`. */
function diagnosticOf(value: string | undefined): string | undefined {
  const text = value?.replace(/^\s*[A-Za-z][\w-]{0,40}\s*;\s*/, '').trim() ?? '';
  return text === '' ? undefined : text;
}

function recipientOf(group: readonly Field[]): string | undefined {
  const original = addressOf(firstField(group, 'original-recipient'));
  return original !== undefined ? unescaped(original) : addressOf(firstField(group, 'final-recipient'));
}

/**
 * Parses `rfc822; user@example.com`, and `\x{E9}` escapes in a `utf-8` address (RFC 6533 section 3). Returns undefined if it is not a
 * mailbox address.
 */
function addressOf(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const typed = /^\s*([A-Za-z][\w.-]{0,40})\s*;(.*)$/s.exec(value);
  const address = bareAddress(typed === null ? value : (typed[2] as string))?.replace(/^["'](.{1,320})["']$/, '$1');
  // Some systems mask a forwarding address with asterisks.
  if (address === undefined || !/.@./.test(address) || /\*{2,}/.test(address)) return undefined;
  return typed?.[1]?.toLowerCase() === 'utf-8' ? address.replace(/\\x\{([0-9A-Fa-f]{1,6})\}/g, codePoint) : address;
}

function codePoint(whole: string, hex: string): string {
  const point = Number.parseInt(hex, 16);
  return point > 0x10_ff_ff || (point >= 0xd8_00 && point <= 0xdf_ff) ? whole : String.fromCodePoint(point);
}

/** Decodes "+2B" and "+3D" from the xtext of ORCPT (RFC 3461 section 4). Some systems leave these two mandatory escapes undecoded. */
function unescaped(address: string): string {
  return address.replace(/\+(2B|3D)/g, (_whole, hex: string) => (hex === '2B' ? '+' : '='));
}

/**
 * Message-ID of the original mail. Gmail puts it in a field of the status part or of the header. Other systems label the returned
 * header as a status part.
 */
function originalId({ root }: Mail, message: readonly Field[], group: readonly Field[]): string | undefined {
  const name = 'x-original-message-id';
  const given = firstField(message, name) ?? firstField(group, name) ?? firstField(root.fields, name) ?? firstField(message, 'message-id');
  return bareMessageId(given);
}

/** Parses the host of `dns; mx.example.com:25 (192.0.2.1)`. */
function hostOf(value: string | undefined): string | undefined {
  const host = /^\s*(?:[A-Za-z][\w-]{0,40}\s*;\s*)?([^\s;()[\]]{1,255})/.exec(value ?? '')?.[1];
  return host?.replace(/:\d{1,5}$/, '').replace(/\.$/, '');
}
