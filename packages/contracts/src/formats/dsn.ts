/** Delivery status notifications (RFC 3464, RFC 3461, RFC 6533): one event a recipient; the action decides, not the status. */
import type { DeliveryEventType } from '@desist/domain';
import type { DetectableFormat } from './detect.ts';
import { bareAddress, eventOf, ignored, problem } from './draft.ts';
import type { NormaliseContext, Normalised } from './format.ts';
import { bareMessageId, firstMoment, isAutoReply, isMail, looksLikeBounce, rawHead, readMail } from './mail/report.ts';
import type { Mail } from './mail/report.ts';
import { bodyBytes, fieldGroups, firstField } from './mail/mime.ts';
import type { Field, Part } from './mail/mime.ts';
import { enhancedOf, replyCodes } from './reply.ts';

export const dsn: DetectableFormat = {
  name: 'dsn',
  looksLike: ({ text }) => !FEEDBACK.test(text) && MAIL_HEAD.test(text),
  normalise(payload, context) {
    const mail = readMail(payload);
    return isMail(mail) ? readReport(mail, payload, context) : [mail];
  },
};

const FEEDBACK = /^Content-Type:\s*message\/feedback-report/im;
/** A mail begins with header fields of which one is of the usual ones. */
const MAIL_HEAD =
  /^(?:\s{0,100}\n)?(?:>?From [^\n]{0,1000}\n)?(?:[!-9;-~]{1,128}[ \t]{0,16}:[^\n]{0,8192}\n(?:[ \t][^\n]{0,8192}\n){0,100}){0,100}?(?:From|To|Date|Subject|Received|Return-Path|MIME-Version|Message-ID|Content-Type):/i;

const STATUS_TYPES: ReadonlySet<string> = new Set(['message/delivery-status', 'message/global-delivery-status']);

function readReport(mail: Mail, payload: Uint8Array, context: NormaliseContext): readonly Normalised[] {
  const raw = (): string => rawHead(payload);
  const parts = statusParts(mail);
  if (parts.length === 0) return [withoutStatus(mail, raw)];
  const { message, recipients } = groupsOf(parts);
  if (recipients.length === 0) return [problem('invalid', 'Final-Recipient: missing, the status part names no recipient', raw())];
  const seen = new Set<string>();
  return recipients.map((group) => readRecipient(mail, message, group, seen, context, raw));
}

/** By their type; in a report without, a part that begins as one does. */
function statusParts({ root, parts }: Mail): readonly Part[] {
  const labelled = parts.filter(({ type }) => STATUS_TYPES.has(type));
  if (labelled.length > 0 || root.type !== 'multipart/report') return labelled;
  return parts.filter((part) => /^text\/plain|^application\//.test(part.type) && UNLABELLED.test(bodyBytes(part, 4_096)));
}

const UNLABELLED = /^\s*(?:Reporting-MTA|Original-Envelope-Id|Final-Recipient|Original-Recipient|Arrival-Date)\s*:/i;

function withoutStatus({ root, parts }: Mail, raw: () => string): Normalised {
  if (parts.some(({ type }) => type === 'message/feedback-report')) return ignored('a feedback report, no status notification');
  if (parts.some(({ type }) => type === 'message/disposition-notification')) return ignored('a read receipt');
  if (looksLikeBounce(root) && root.type === 'multipart/report')
    return problem('invalid', 'a report without a delivery-status part', raw());
  if (isAutoReply(root) && !looksLikeBounce(root)) return ignored('an automatic reply');
  return looksLikeBounce(root)
    ? problem('invalid', 'a bounce without a delivery-status part (RFC 3464)', raw())
    : ignored('a mail that is no report');
}

interface Groups {
  readonly message: readonly Field[];
  readonly recipients: readonly (readonly Field[])[];
}

const OF_RECIPIENT = /^(?:original|final)-recipient$/;
const MORE_OF_RECIPIENT = /^(?:action|status|diagnostic-code|remote-mta|last-attempt-date)$/;

/** Some write a blank line inside of a recipient's fields, or none behind the message's. */
function groupsOf(parts: readonly Part[]): Groups {
  const message: Field[] = [];
  const recipients: Field[][] = [];
  const texts = new Set<string>();
  for (const part of parts) {
    // The same status twice, as two parts: once.
    const text = part.body.trim();
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

function readRecipient(
  mail: Mail,
  message: readonly Field[],
  group: readonly Field[],
  seen: Set<string>,
  context: NormaliseContext,
  raw: () => string,
): Normalised {
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
    // One alias can stand for several final recipients of one report.
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

/** Action decides. Without one the class does, and 4 is then no final failure. */
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

/** The status is explicit; a reply's class only stands in for it. */
function digitOf(enhanced: string | undefined, diagnostic: string | undefined): string | undefined {
  if (enhanced !== undefined) return enhanced[0];
  const said = replyCodes(diagnostic ?? '');
  return said.enhanced?.[0] ?? (said.code === undefined ? undefined : String(said.code)[0]);
}

/** Without the type of the diagnostic: `smtp; 550 ...`. */
function diagnosticOf(value: string | undefined): string | undefined {
  const text = value?.replace(/^\s*[A-Za-z][\w-]{0,40}\s*;\s*/, '').trim() ?? '';
  return text === '' ? undefined : text;
}

function recipientOf(group: readonly Field[]): string | undefined {
  const original = addressOf(firstField(group, 'original-recipient'));
  return original !== undefined ? unescaped(original) : addressOf(firstField(group, 'final-recipient'));
}

/** `rfc822; user@example.com`; of an address of UTF-8 also `\x{E9}` (RFC 6533 section 3). Undefined: no address of a mailbox. */
function addressOf(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const typed = /^\s*([A-Za-z][\w.-]{0,40})\s*;(.*)$/s.exec(value);
  const address = bareAddress(typed === null ? value : (typed[2] as string))?.replace(/^["'](.{1,320})["']$/, '$1');
  // Some hide the address where they forward to.
  if (address === undefined || !/.@./.test(address) || /\*{2,}/.test(address)) return undefined;
  return typed?.[1]?.toLowerCase() === 'utf-8' ? address.replace(/\\x\{([0-9A-Fa-f]{1,6})\}/g, codePoint) : address;
}

function codePoint(whole: string, hex: string): string {
  const point = Number.parseInt(hex, 16);
  return point > 0x10_ff_ff || (point >= 0xd8_00 && point <= 0xdf_ff) ? whole : String.fromCodePoint(point);
}

/** Of the xtext of ORCPT (RFC 3461 section 4) some leave the two signs that it must write otherwise. */
function unescaped(address: string): string {
  return address.replace(/\+(2B|3D)/g, (_whole, hex: string) => (hex === '2B' ? '+' : '='));
}

/** Gmail names the mail in a field of the status part, or of the header; others label the returned header as a status part. */
function originalId({ root }: Mail, message: readonly Field[], group: readonly Field[]): string | undefined {
  const name = 'x-original-message-id';
  const given = firstField(message, name) ?? firstField(group, name) ?? firstField(root.fields, name) ?? firstField(message, 'message-id');
  return bareMessageId(given);
}

/** `dns; mx.example.com:25 (192.0.2.1)`. */
function hostOf(value: string | undefined): string | undefined {
  const host = /^\s*(?:[A-Za-z][\w-]{0,40}\s*;)?\s*([^\s;()[\]]{1,255})/.exec(value ?? '')?.[1];
  return host?.replace(/:\d{1,5}$/, '').replace(/\.$/, '');
}
