/** KumoMTA log records (crate kumo-log-types): one record, an array, one a line. */
import type { DeliveryEventType, SmtpPhase } from '@desist/domain';
import { bareAddress, eventOf, ignored, problem } from './draft.ts';
import type { Draft } from './draft.ts';
import { elementFormat } from './elements.ts';
import type { NormaliseContext, Normalised } from './format.ts';
import { countOf, fieldsOf, idOf, listOf, numberOf, textOf } from './json.ts';
import type { Fields } from './json.ts';
import { feedbackMeaning, isRedacted, untyped } from './mail/feedback.ts';
import { phaseNamed } from './postfix/line.ts';

/** What happens to one mail for one recipient. */
const TYPES: Readonly<Record<string, DeliveryEventType>> = {
  Reception: 'accepted',
  Delivery: 'delivered',
  Bounce: 'bounced',
  TransientFailure: 'deferred',
  Expiration: 'expired',
  // An operator emptied the queue.
  AdminBounce: 'rejected',
};
/** Refusals of what was sent to us, and moves between queues. */
const INTERNAL: ReadonlySet<string> = new Set([
  'Rejection',
  'AdminRebind',
  'DeferredInjectionRebind',
  'Delayed',
  'Delay',
  'XferOut',
  'XferIn',
]);

export const kumomta = elementFormat({
  name: 'kumomta',
  looksLike: ({ first }) =>
    typeof first['type'] === 'string' &&
    'nodeid' in first &&
    ('num_attempts' in first || 'reception_protocol' in first || 'queue' in first),
  read,
});

function read(record: Fields, context: NormaliseContext, raw: () => string): Normalised | readonly Normalised[] {
  const kind = textOf(record['type']);
  if (kind === undefined) return problem('invalid', 'type: missing', raw());
  // KumoMTA handing a log record to Kafka or a webhook: the recipient and sender are those of the mail that the record is about.
  if (record['reception_protocol'] === 'LogRecord') return ignored('the delivery of a log record, no mail');
  if (INTERNAL.has(kind)) return ignored(`internal record: ${kind}`);
  if (kind === 'Feedback') return readFeedback(record, context, raw);
  if (kind === 'OOB') return drafts(record, outOfBand(record), listOf(record['recipient']), context, raw);
  const type = Object.hasOwn(TYPES, kind) ? TYPES[kind] : undefined;
  if (type === undefined) return problem('invalid', 'type: no record type that is known', raw());
  return drafts(record, type, listOf(record['recipient']), context, raw);
}

/** A report of failure by mail: with class 4 the remote side gave up after temporary failures. */
function outOfBand(record: Fields): DeliveryEventType {
  return classOf(fieldsOf(record['response'])) === 4 ? 'expired' : 'bounced';
}

function drafts(
  record: Fields,
  type: DeliveryEventType,
  recipients: readonly unknown[],
  context: NormaliseContext,
  raw: () => string,
): readonly Normalised[] {
  const draft = draftOf(record, type);
  const named = recipients.length === 0 ? [undefined] : recipients;
  return named.map((recipient) => eventOf('kumomta', { ...draft, recipient }, context, raw));
}

function draftOf(record: Fields, type: DeliveryEventType): Omit<Draft, 'recipient'> {
  const response = fieldsOf(record['response']);
  const replied = type !== 'complained' && type !== 'unsubscribed';
  const attempt = countOf(record['num_attempts']);
  return {
    type,
    time: timeOf(record),
    identity: [record['nodeid'], record['id'], record['type'], attempt],
    messageId: idOf(record['id']),
    attempt,
    code: replied ? response['code'] : undefined,
    enhanced: replied ? enhancedOf(response) : undefined,
    text: replied ? textOf(response['content']) : undefined,
    phase: replied && type !== 'accepted' ? phaseOf(response['command']) : undefined,
    remoteHost: replied && type !== 'accepted' ? remoteHostOf(record) : undefined,
    permanent: type === 'bounced' ? permanenceOf(response) : undefined,
    metadata: record['meta'],
  };
}

/** `event_time` has the fraction and is there since 2025.10.06. */
function timeOf(record: Fields): readonly [string, unknown] {
  const exact = textOf(record['event_time']);
  return exact === undefined ? ['timestamp', record['timestamp']] : ['event_time', exact];
}

/** `{"class": 5, "subject": 1, "detail": 1}` */
function enhancedOf(response: Fields): string | undefined {
  const code = response['enhanced_code'];
  if (typeof code === 'string') return code;
  const { class: digit, subject, detail } = fieldsOf(code);
  return numberOf(digit) === undefined ? undefined : `${String(digit)}.${String(subject)}.${String(detail)}`;
}

function classOf(response: Fields): number | undefined {
  const enhanced = enhancedOf(response);
  if (enhanced !== undefined) return Number(enhanced[0]);
  const code = numberOf(response['code']);
  return code === undefined ? undefined : Math.trunc(code / 100);
}

function permanenceOf(response: Fields): boolean | undefined {
  const digit = classOf(response);
  return digit === 5 ? true : digit === 4 ? false : undefined;
}

/** `RCPT TO`, `.\r\n`: the command that was answered. */
function phaseOf(command: unknown): SmtpPhase | undefined {
  if (typeof command !== 'string') return undefined;
  return command.trimEnd() === '.' ? 'end_of_data' : phaseNamed(command.slice(0, 100));
}

function remoteHostOf(record: Fields): string | undefined {
  const peer = fieldsOf(record['peer_address']);
  return textOf(peer['name'])?.replace(/\.$/, '') ?? textOf(peer['addr']);
}

function readFeedback(record: Fields, context: NormaliseContext, raw: () => string): Normalised | readonly Normalised[] {
  const report = fieldsOf(record['feedback_report']);
  const type = feedbackMeaning(textOf(report['feedback_type']));
  if (type === undefined) return problem('invalid', 'feedback_report.feedback_type: missing or not known', raw());
  if (type === 'ignored') return ignored('a report that is no complaint');
  const addresses = complainersOf(report);
  if (addresses.length === 0) return problem('no_recipient', `${type}: the feedback report names no recipient`, raw());
  return addresses.flatMap((address) =>
    isRedacted(address)
      ? [problem('no_recipient', `${type}: the recipient is redacted`, raw())]
      : drafts(record, type, [address], context, raw),
  );
}

/** The record's own recipient is the mailbox of the feedback loop. Our own trace header is the most certain. */
function complainersOf(report: Fields): readonly string[] {
  const sources = [
    fieldsOf(report['supplemental_trace'])['recipient'],
    report['original_rcpto_to'] ?? report['original_rcpt_to'],
    fieldsOf(report['extensions'])['removal-recipient'],
    fieldsOf(report['extensions'])['x-hmxmroriginalrecipient'],
  ];
  for (const source of sources) {
    const addresses = listOf(source)
      .map((value) => (typeof value === 'string' ? bareAddress(untyped(value)) : undefined))
      .filter((address) => address?.includes('@') === true);
    if (addresses.length > 0) return [...new Set(addresses as string[])];
  }
  return [];
}
