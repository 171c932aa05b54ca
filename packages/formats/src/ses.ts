/**
 * Amazon SES: one event in one of three envelopes (SNS, EventBridge, none), from one of two families (identity notifications, event
 * publishing). Surrounding Lambda and SQS records are also unwrapped.
 */
import type { DeliveryEventType } from '@desist/domain';
import { eventOf, ignored, ignoredWord, problem } from './draft.ts';
import type { Draft } from './draft.ts';
import { asArray, elementFormat } from './elements.ts';
import type { NormaliseContext, Normalised } from './format.ts';
import { fieldsOf, idOf, isObject, listOf, parseJson, textOf } from './json.ts';
import type { Fields } from './json.ts';
import { isScalewayTopic } from './scaleway.ts';
import { momentOf } from './time.ts';

export const ses = elementFormat({ name: 'ses', looksLike: ({ first }) => isSes(first), elements, read });

function isSes(first: Fields): boolean {
  const records = listOf(first['Records'])[0];
  if (isObject(records)) return 'Sns' in records || 'ses' in records || isSes(bodyOf(records));
  return (
    typeof first['notificationType'] === 'string' ||
    (typeof first['eventType'] === 'string' && isObject(first['mail'])) ||
    (typeof first['Type'] === 'string' && typeof first['Message'] === 'string' && !isScalewayTopic(first)) ||
    first['source'] === 'aws.ses'
  );
}

function elements(document: unknown): readonly unknown[] {
  return asArray(document).flatMap((one) => {
    const records = fieldsOf(one)['Records'];
    return Array.isArray(records) ? (records as unknown[]) : [one];
  });
}

function bodyOf(record: Fields): Fields {
  const { body } = record;
  return fieldsOf(typeof body === 'string' ? parseJson(body) : body);
}

/** The envelope of the event: its id, and its time, used only if the event has none. */
interface Carrier {
  readonly id?: string | undefined;
  readonly time?: unknown;
  /** The event type as named by EventBridge. */
  readonly type?: unknown;
}

const ENVELOPES = 4;

function read(element: Fields, context: NormaliseContext, raw: () => string): Normalised | readonly Normalised[] {
  let event = element;
  let carrier: Carrier = {};
  for (let depth = 0; depth < ENVELOPES; depth += 1) {
    const sns = isObject(event['Sns']) ? event['Sns'] : event;
    if (typeof sns['Type'] === 'string' && 'Message' in sns) {
      if (sns['Type'] !== 'Notification') return ignored(`SNS ${sns['Type']}`);
      const message = typeof sns['Message'] === 'string' ? parseJson(sns['Message']) : sns['Message'];
      if (!isObject(message)) return notJson(sns['Message'], raw);
      carrier = { ...carrier, id: idOf(sns['MessageId']), time: sns['Timestamp'] };
      event = message;
    } else if (isObject(event['detail'])) {
      carrier = { ...carrier, id: idOf(event['id']), time: event['time'], type: event['detail-type'] };
      event = event['detail'];
    } else if ('body' in event && isObject(bodyOf(event)) && !('mail' in event)) {
      event = bodyOf(event);
    } else break;
  }
  return readEvent(event, carrier, context, raw);
}

function notJson(message: unknown, raw: () => string): Normalised {
  if (typeof message === 'string' && /^Successfully validated SNS topic/i.test(message)) return ignored('SNS topic validated');
  return problem('invalid', 'Message: must be a JSON object as text', raw());
}

/** Maps EventBridge's names to event types, for events that do not name their type. */
const DETAIL_TYPES: ReadonlyMap<unknown, string> = new Map([
  ['Email Sent', 'Send'],
  ['Email Delivered', 'Delivery'],
  ['Email Bounced', 'Bounce'],
  ['Email Complaint Received', 'Complaint'],
  ['Email Delivery Delayed', 'DeliveryDelay'],
  ['Email Rejected', 'Reject'],
  ['Email Rendering Failed', 'RenderingFailure'],
  ['Email Subscribed', 'Subscription'],
  ['Email Clicked', 'Click'],
]);

function readEvent(event: Fields, carrier: Carrier, context: NormaliseContext, raw: () => string): Normalised | readonly Normalised[] {
  const named = textOf(event['eventType']) ?? textOf(event['notificationType']) ?? DETAIL_TYPES.get(carrier.type);
  if (named === undefined) return problem('invalid', 'eventType: missing', raw());
  const mail = fieldsOf(event['mail']);
  const about: About = { mail, carrier, context, raw };
  switch (named.replaceAll(' ', '').toLowerCase()) {
    case 'bounce':
      return bounces(fieldsOf(event['bounce']), about);
    case 'complaint':
      return complaints(fieldsOf(event['complaint']), about);
    case 'delivery':
      return deliveries(fieldsOf(event['delivery']), about);
    case 'deliverydelay':
      return delays(fieldsOf(event['deliveryDelay']), about);
    case 'send':
      return all(listOf(mail['destination']), about, mail['timestamp'], () => ({ type: 'accepted' }));
    case 'reject':
      return refusals(fieldsOf(event['reject'])['reason'], about);
    case 'renderingfailure':
      return refusals(fieldsOf(event['failure'])['errorMessage'], about);
    case 'click':
      return clicks(fieldsOf(event['click']), about);
    case 'subscription':
      return subscription(fieldsOf(event['subscription']), about);
    default:
      return ignoredWord(named, OTHERS);
  }
}

const OTHERS: ReadonlySet<string> = new Set(['Open', 'AmazonSnsSubscriptionSucceeded', 'Received', 'AMAZON_SES_SETUP_NOTIFICATION']);

interface About {
  readonly mail: Fields;
  readonly carrier: Carrier;
  readonly context: NormaliseContext;
  readonly raw: () => string;
}

type Rest = Partial<Draft> & { readonly type: DeliveryEventType };

/** Creates one event per recipient. `time` is the event's own time. */
function all(
  recipients: readonly unknown[],
  { mail, carrier, context, raw }: About,
  time: unknown,
  rest: (recipient: Fields) => Rest,
): readonly Normalised[] {
  const given = recipients.length === 0 ? [undefined] : recipients;
  // The same for all of them, of whom there may be very many.
  const written = time ?? carrier.time ?? mail['timestamp'];
  const moment = momentOf(written, context);
  return given.map((recipient) => {
    const fields = fieldsOf(recipient);
    return eventOf(
      'ses',
      {
        recipient: isObject(recipient) ? recipient['emailAddress'] : recipient,
        time: moment.ok ? moment : ['timestamp', written],
        messageId: idOf(mail['messageId']),
        id: carrier.id,
        identity: [mail['messageId']],
        // A configuration set names at most one pool of dedicated addresses; the pool itself is not told.
        pool: listOf(fieldsOf(mail['tags'])['ses:configuration-set'])[0],
        metadata: mail['tags'],
        ...rest(fields),
      },
      context,
      raw,
    );
  });
}

/** Subtypes for the provider's own suppression lists: Suppressed, OnAccountSuppressionList and the lists of tenants. */
const OWN_LIST = /^Suppressed$|SuppressionList$/;
const PERMANENT: ReadonlyMap<unknown, boolean> = new Map([
  ['Permanent', true],
  ['Transient', false],
]);

function bounces(bounce: Fields, about: About): readonly Normalised[] {
  const { bounceType, bounceSubType } = bounce;
  const type = OWN_LIST.test(textOf(bounceSubType) ?? '') ? 'rejected' : bounceSubType === 'CustomTimeoutExceeded' ? 'expired' : 'bounced';
  const isNote = bounceType === 'Transient' && (bounceSubType === 'General' || bounceSubType === undefined);
  return all(listOf(bounce['bouncedRecipients']), about, bounce['timestamp'], ({ status, diagnosticCode }) => ({
    type,
    id: idOf(bounce['feedbackId']) ?? about.carrier.id,
    enhanced: status,
    text: textOf(diagnosticCode),
    permanent: PERMANENT.get(bounceType),
    // A Transient bounce without a reply is an absence note nearly always: the mail has arrived.
    certain: type === 'bounced' && isNote && status === undefined && diagnosticCode === undefined ? false : undefined,
    remoteHost: remoteHost(bounce['reportingMTA']),
  }));
}

/** The remote host. SES names itself as the reporting MTA unless the report came from elsewhere. */
function remoteHost(reportingMta: unknown): string | undefined {
  const host = textOf(reportingMta)?.replace(/^(?:dns|dsn)\s*;\s*/i, '');
  return host === undefined || /amazonses\.com$|amazonaws\.com$/i.test(host) ? undefined : host;
}

/** A complaint lists every recipient of the message at the complaining domain; at most one of them complained. */
function complaints(complaint: Fields, about: About): readonly Normalised[] {
  const recipients = listOf(complaint['complainedRecipients']);
  const candidates = new Set(recipients.map((one) => textOf(fieldsOf(one)['emailAddress'])?.toLowerCase())).size;
  const { complaintFeedbackType, complaintSubType } = complaint;
  if (complaintFeedbackType === 'not-spam') return [ignored('complaint: not-spam')];
  return all(recipients, about, complaint['timestamp'], () => ({
    type: OWN_LIST.test(textOf(complaintSubType) ?? '') ? 'rejected' : 'complained',
    id: idOf(complaint['feedbackId']) ?? about.carrier.id,
    certain: candidates > 1 ? false : undefined,
  }));
}

function deliveries(delivery: Fields, about: About): readonly Normalised[] {
  const recipients = listOf(delivery['recipients']);
  return all(recipients.length > 0 ? recipients : listOf(about.mail['destination']), about, delivery['timestamp'], () => ({
    type: 'delivered',
    text: textOf(delivery['smtpResponse']),
  }));
}

function delays(delay: Fields, about: About): readonly Normalised[] {
  return all(listOf(delay['delayedRecipients']), about, delay['timestamp'], ({ status, diagnosticCode }) => ({
    type: 'deferred',
    enhanced: status,
    text: textOf(diagnosticCode),
  }));
}

/** A click does not say which of the message's recipients it was. */
function clicks(click: Fields, about: About): readonly Normalised[] {
  const recipients = listOf(about.mail['destination']);
  return all(recipients, about, click['timestamp'], () => ({ type: 'engaged', certain: recipients.length > 1 ? false : undefined }));
}

/** Rejects and rendering failures have no time of their own, so the message's time is used. */
function refusals(reason: unknown, about: About): readonly Normalised[] {
  return all(listOf(about.mail['destination']), about, about.mail['timestamp'], () => ({ type: 'rejected', text: textOf(reason) }));
}

/** One event type covers both opting out and opting in again. */
function subscription(change: Fields, about: About): readonly Normalised[] {
  const next = fieldsOf(change['newTopicPreferences']);
  const before = statusOf(fieldsOf(change['oldTopicPreferences']));
  const after = statusOf(next);
  const left = [...after].some(([topic, status]) => status === 'OptOut' && before.get(topic) !== 'OptOut');
  const joined = [...after].some(([topic, status]) => status === 'OptIn' && before.get(topic) === 'OptOut');
  const out = next['unsubscribeAll'] === true || left || (!joined && [...after.values()].includes('OptOut') && before.size === 0);
  if (!out) return [ignored('subscription')];
  return all(listOf(about.mail['destination']), about, change['timestamp'], () => ({ type: 'unsubscribed' }));
}

function statusOf(preferences: Fields): ReadonlyMap<unknown, unknown> {
  return new Map(
    listOf(preferences['topicSubscriptionStatus']).map((one) => {
      const { topicName, subscriptionStatus } = fieldsOf(one);
      return [topicName, subscriptionStatus] as const;
    }),
  );
}
