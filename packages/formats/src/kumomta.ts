/** KumoMTA log records (crate kumo-log-types): one record, an array, or one per line. */
import type { DeliveryEventType } from '@desist/domain';
import type { SmtpPhase } from '@desist/verdicts';
import { bareAddress, eventOf, ignored, problem } from './draft.ts';
import type { Draft } from './draft.ts';
import { elementFormat } from './elements.ts';
import type { NormaliseContext, Normalised } from './format.ts';
import { countOf, fieldsOf, idOf, listOf, numberOf, textOf } from './json.ts';
import type { Fields } from './json.ts';
import { feedbackMeaning, isRedacted, untyped } from './mail/feedback.ts';
import { phaseNamed } from './postfix/line.ts';

/** Record types for one mail and one recipient. */
const TYPES: Readonly<Record<string, DeliveryEventType>> = {
  Reception: 'accepted',
  Delivery: 'delivered',
  Bounce: 'bounced',
  TransientFailure: 'deferred',
  Expiration: 'expired',
  // An operator emptied the queue.
  AdminBounce: 'rejected',
};
/** Record types for rejected incoming mail and moves between queues. */
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
  // KumoMTA delivers log records to Kafka or a webhook as messages. Their recipient and sender belong to the mail that the record is about.
  if (record['reception_protocol'] === 'LogRecord') return ignored('the delivery of a log record, not of a mail');
  if (INTERNAL.has(kind)) return ignored(`internal record: ${kind}`);
  if (kind === 'Feedback') return readFeedback(record, context, raw);
  if (kind === 'OOB') return eventsOf(record, { type: outOfBand(record), recipients: listOf(record['recipient']) }, context, raw);
  const type = Object.hasOwn(TYPES, kind) ? TYPES[kind] : undefined;
  if (type === undefined) return problem('invalid', 'type: not a known record type', raw());
  return eventsOf(record, { type, recipients: listOf(record['recipient']) }, context, raw);
}

/** Type of a failure report received by mail. Class 4 means that the remote side gave up after temporary failures. */
function outOfBand(record: Fields): DeliveryEventType {
  return classOf(fieldsOf(record['response'])) === 4 ? 'expired' : 'bounced';
}

interface Outcome {
  readonly type: DeliveryEventType;
  readonly recipients: readonly unknown[];
}

function eventsOf(record: Fields, { type, recipients }: Outcome, context: NormaliseContext, raw: () => string): readonly Normalised[] {
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
    pool: record['egress_pool'],
    metadata: record['meta'],
  };
}

/** `event_time` includes fractional seconds and exists since 2025.10.06. */
function timeOf(record: Fields): readonly [string, unknown] {
  const exact = textOf(record['event_time']);
  return exact === undefined ? ['timestamp', record['timestamp']] : ['event_time', exact];
}

/** Formats `{"class": 5, "subject": 1, "detail": 1}` as `5.1.1`. */
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

/** The phase of the command that the reply answers: `RCPT TO`, `.\r\n`. */
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
  if (type === 'ignored') return ignored('a report that is not a complaint');
  const addresses = complainersOf(report);
  if (addresses.length === 0) return problem('no_recipient', `${type}: the feedback report names no recipient`, raw());
  return addresses.flatMap((address) =>
    isRedacted(address)
      ? [problem('no_recipient', `${type}: the recipient is redacted`, raw())]
      : eventsOf(record, { type, recipients: [address] }, context, raw),
  );
}

/**
 * Addresses of the complainants. The record's own recipient is the feedback loop's mailbox. Our own trace header is the most reliable
 * source.
 */
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
