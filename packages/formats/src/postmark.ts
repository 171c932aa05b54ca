/** Postmark: one record per request. The `Type` of a bounce record says whether it is really a bounce. */
import type { DeliveryEventType } from '@desist/domain';
import { eventOf, ignored, problem, unknownWord } from './draft.ts';
import type { Draft } from './draft.ts';
import { elementFormat } from './elements.ts';
import type { NormaliseContext, Normalised } from './format.ts';
import { allSay, answerOf, headerFields } from './inbound.ts';
import { fieldsOf, idOf, isObject, textOf } from './json.ts';
import type { Fields } from './json.ts';
import { mailDate } from './mail/date.ts';
import { firstField } from './mail/mime.ts';
import { replyCodes } from './reply.ts';

export const postmark = elementFormat({
  name: 'postmark',
  looksLike: ({ first }) =>
    typeof first['RecordType'] === 'string' || (typeof first['Type'] === 'string' && 'BouncedAt' in first) || isInbound(first),
  read,
});

/** Mail from outside comes without a `RecordType`, in most versions. */
function isInbound(record: Fields): boolean {
  return record['RecordType'] === 'Inbound' || (isObject(record['FromFull']) && 'MailboxHash' in record);
}

function read(record: Fields, context: NormaliseContext, raw: () => string): Normalised {
  if (isInbound(record)) return readInbound(record, context, raw);
  const kind = textOf(record['RecordType']) ?? ('BouncedAt' in record ? 'Bounce' : undefined);
  if (kind === undefined) return problem('invalid', 'RecordType: missing', raw());
  if (!KINDS.has(kind)) return unknownWord(kind);
  const draft = draftOf(kind, record);
  if (draft === undefined) return ignored([kind, textOf(record['Type'])].filter((word) => word !== undefined).join(': '));
  const messageId = idOf(record['MessageID']);
  return eventOf(
    'postmark',
    {
      recipient: record['Email'] ?? record['Recipient'],
      identity: [kind, messageId],
      messageId,
      metadata: record['Metadata'],
      ...draft,
    },
    context,
    raw,
  );
}

const KINDS: ReadonlySet<string> = new Set([
  'Delivery',
  'Bounce',
  'SpamComplaint',
  'SubscriptionChange',
  'Open',
  'Click',
  'Inbound',
  'SMTPApiError',
]);

type Rest = Partial<Draft> & Pick<Draft, 'type' | 'time'>;

function draftOf(kind: string, record: Fields): Rest | undefined {
  const text = textOf(record['Details']);
  switch (kind) {
    case 'Delivery':
      return { type: 'delivered', time: ['DeliveredAt', record['DeliveredAt']], text };
    case 'SpamComplaint':
      return { type: 'complained', time: ['BouncedAt', record['BouncedAt']], id: idOf(record['ID']) };
    case 'SubscriptionChange':
      return change(record);
    case 'Click':
      return { type: 'engaged', time: ['ReceivedAt', record['ReceivedAt']] };
    case 'Bounce': {
      const meaning = bounceOf(textOf(record['Type']) ?? 'Unknown', text);
      if (meaning === undefined) return undefined;
      const replyText = meaning.type === 'complained' || meaning.type === 'unsubscribed' ? undefined : text;
      return { time: ['BouncedAt', record['BouncedAt']], id: idOf(record['ID']), text: replyText, ...meaning };
    }
    default:
      return undefined;
  }
}

type Meaning = { readonly type: DeliveryEventType; readonly permanent?: boolean };

const REJECTED: Meaning = { type: 'rejected' };
const SOFT: Meaning = { type: 'bounced', permanent: false };
const HARD: Meaning = { type: 'bounced', permanent: true };

const BOUNCES: ReadonlyMap<string, Meaning> = new Map([
  ['HardBounce', HARD],
  // Still being retried.
  ['Transient', { type: 'deferred' }],
  ['Unsubscribe', { type: 'unsubscribed' }],
  ['DnsError', SOFT],
  // A spam filter's decision on the content, not a complaint by the recipient.
  ['SpamNotification', SOFT],
  ['SoftBounce', SOFT],
  ['VirusNotification', SOFT],
  ['SpamComplaint', { type: 'complained' }],
  ['ManuallyDeactivated', REJECTED],
  ['Unconfirmed', REJECTED],
  ['SMTPApiError', REJECTED],
  ['TemplateRenderingFailed', REJECTED],
  ['Unknown', { type: 'bounced' }],
]);
/** With an SMTP reply the receiver refused the mail; without one Postmark refused it before any attempt. */
const BY_REPLY: ReadonlyMap<string, Meaning> = new Map([
  ['BadEmailAddress', HARD],
  ['Blocked', SOFT],
  ['DMARCPolicy', SOFT],
]);
const NO_FAILURE: ReadonlySet<string> = new Set([
  'Subscribe',
  'AutoResponder',
  'AddressChange',
  'OpenRelayTest',
  'ChallengeVerification',
  'InboundError',
]);

function bounceOf(type: string, text: string | undefined): Meaning | undefined {
  if (NO_FAILURE.has(type)) return undefined;
  const refused = BY_REPLY.get(type);
  if (refused !== undefined) return replyCodes(text ?? '').code === undefined ? REJECTED : refused;
  return BOUNCES.get(type) ?? { type: 'bounced' };
}

/** `MessageID` is Postmark's own; the sender's is among the headers. */
function readInbound(record: Fields, context: NormaliseContext, raw: () => string): Normalised {
  const headers = headerFields(record['Headers']);
  const subject = textOf(record['Subject']);
  const spf = /^pass\b.{0,300}?\benvelope-from="?([^;"\s]{1,320})/i.exec(firstField(headers, 'received-spf') ?? '');
  const answer = answerOf({
    from: fieldsOf(record['FromFull'])['Email'] ?? record['From'],
    fields: subject === undefined ? headers : [...headers, { name: 'subject', value: subject }],
    checks: {
      authorSigned: allSay(headers, 'x-spam-tests', /\bDKIM_VALID_AU\b/),
      sentFor: allSay(headers, 'received-spf', /^pass\b/i) ? spf?.[1] : undefined,
    },
  });
  if ('ignored' in answer) return ignored(answer.ignored);
  const date = textOf(record['Date']);
  const time = mailDate(date, context) ?? (['Date', date] as const);
  const messageId = answer.messageId?.replace(/@mtasv\.net$/i, '');
  return eventOf('postmark', { ...answer, time, messageId, id: idOf(record['MessageID']), identity: ['Inbound'] }, context, raw);
}

/**
 * A subscription change: the consequence of a bounce or complaint, the recipient's own request, or the sender's edit of Postmark's
 * suppression list.
 */
function change(record: Fields): Rest | undefined {
  const time = ['ChangedAt', record['ChangedAt']] as const;
  if (record['SuppressSending'] !== true) return undefined;
  switch (record['SuppressionReason']) {
    case 'HardBounce':
      return { ...HARD, time };
    case 'SpamComplaint':
      return { type: 'complained', time };
    case 'ManualSuppression':
      return record['Origin'] === 'Customer' || record['Origin'] === 'Admin' ? undefined : { type: 'unsubscribed', time };
    default:
      return undefined;
  }
}
