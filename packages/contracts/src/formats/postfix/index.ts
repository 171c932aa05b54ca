/** Postfix syslog: one event a delivery attempt; an "expired" is joined by queue id to the recipients that still waited. */
import { bareAddress, eventOf, problem } from '../draft.ts';
import type { LineReader, NormaliseContext, Normalised } from '../format.ts';
import { anyLine, guarded, ignoredLine, lineFormat, NOTHING } from '../lines.ts';
import { isRepetition, syslogLine, syslogMoment } from '../syslog.ts';
import type { SyslogLine } from '../syslog.ts';
import { deliveryLine, IN_REPLY, isHandOver, phaseOf, queueIdOf, remoteHostOf } from './line.ts';
import type { DeliveryLine } from './line.ts';
import { createWaiting } from './waiting.ts';
import type { Waiting } from './waiting.ts';

const OTHER_PROGRAM = ignoredLine('a line of another program');
const NO_DELIVERY = ignoredLine('no delivery attempt');
const REPETITION = ignoredLine('a repeated line');
const PROBE = ignoredLine('an address probe');
const HELD = ignoredLine('a message on hold');
const HAND_OVER = ignoredLine('handed over on this host');

/** Any name before the last part: instances and services name themselves (`postfix-out/relay/smtp`). */
const PROGRAM = /^(.{1,120})\/([a-z0-9_-]{1,40})$/i;
/** A mail begins: whatever waited under this queue id was another one. */
const BEGINS = /^(?:client=|uid=\d|message-id=|resent-message-id=)/;

export const postfix = lineFormat({
  name: 'postfix',
  looksLike: (glimpse) => anyLine(glimpse, / \S{1,120}\/[a-z0-9_-]{1,40}\[\d{1,10}\]: (?:[0-9A-Za-z]{5,25}|NOQUEUE): [a-z]/),
  open,
});

function open(context: NormaliseContext, state?: unknown): LineReader {
  const waiting = createWaiting(state);
  return {
    push: (line) => guarded(line, (whole) => readLine(whole, waiting, context)),
    end: () => NOTHING,
    state: () => waiting.state(),
  };
}

function readLine(line: string, waiting: Waiting, context: NormaliseContext): readonly Normalised[] {
  const head = syslogLine(line);
  if (head === undefined) {
    return isRepetition(line) ? REPETITION : [problem('unreadable', 'no syslog line: it does not begin with time, host and program', line)];
  }
  const program = PROGRAM.exec(head.program);
  if (program === null) return OTHER_PROGRAM;
  const queueId = queueIdOf(head.message);
  if (queueId === undefined) return NO_DELIVERY;
  // The same queue id of another host or instance is another mail.
  const queue = `${head.host} ${(program[1] as string).split('/')[0]} ${queueId}`;
  return readQueued({ line, head, queueId, queue }, waiting, context);
}

interface Queued {
  readonly line: string;
  readonly head: SyslogLine;
  readonly queueId: string;
  readonly queue: string;
}

function readQueued(queued: Queued, waiting: Waiting, context: NormaliseContext): readonly Normalised[] {
  const rest = queued.head.message.slice(queued.queueId.length + 2);
  if (rest.startsWith('to=')) return readDelivery(queued, waiting, context);
  if (rest.startsWith('from=<') && /, status=(?:force-)?expired\b/.test(rest)) return expire(queued, waiting, context);
  if (BEGINS.test(rest) || rest === 'removed') waiting.take(queued.queue);
  return NO_DELIVERY;
}

function readDelivery(queued: Queued, waiting: Waiting, context: NormaliseContext): readonly Normalised[] {
  const { line, queueId, queue, head } = queued;
  const delivery = deliveryLine(queueId, head.message) as DeliveryLine;
  const final = delivery.fields.get('to') as string;
  const original = delivery.fields.get('orig_to');
  // An alias without a domain (`root`) is no address that anybody sent to from elsewhere.
  const recipient = original?.includes('@') === true ? original : final;
  switch (delivery.status?.toLowerCase()) {
    case 'deferred':
    case 'softbounce':
      if (bareAddress(recipient) !== undefined) waiting.defer(queue, recipient, final);
      return [event(queued, delivery, 'deferred', recipient, final, context)];
    case 'sent':
      waiting.settle(queue, recipient, final);
      if (isHandOver(delivery.fields.get('relay'), delivery.text)) return HAND_OVER;
      return [event(queued, delivery, 'delivered', recipient, final, context)];
    case 'bounced':
      waiting.settle(queue, recipient, final);
      return [event(queued, delivery, 'bounced', recipient, final, context)];
    case 'expired':
    case 'force-expired':
      waiting.settle(queue, recipient, final);
      return [event(queued, delivery, 'expired', recipient, final, context)];
    case 'undeliverable':
    case 'deliverable':
    case 'deliverable-but-not-cached':
      return PROBE;
    case 'hold':
      return HELD;
    default:
      return [problem('invalid', `status: ${delivery.status === undefined ? 'missing, the line seems cut' : 'not known'}`, line)];
  }
}

function event(
  { line, head, queueId }: Queued,
  { fields, text }: DeliveryLine,
  type: 'deferred' | 'delivered' | 'bounced' | 'expired',
  recipient: string,
  final: string,
  context: NormaliseContext,
): Normalised {
  const dsn = fields.get('dsn');
  const draft = {
    type,
    recipient,
    time: syslogMoment(head.time, context),
    identity: [head.host, queueId, final, dsn, text],
    messageId: queueId,
    enhanced: dsn,
    // The command that was answered is the phase; left in the text it would be read as words of the reply.
    text: text?.replace(IN_REPLY, ''),
    remoteHost: remoteHostOf(fields.get('relay'), text),
    phase: text === undefined ? undefined : phaseOf(text),
    permanent: permanenceOf(dsn),
  };
  return eventOf('postfix', draft, context, () => line);
}

function permanenceOf(dsn: string | undefined): boolean | undefined {
  return dsn?.startsWith('5') === true ? true : dsn?.startsWith('4') === true ? false : undefined;
}

/** The reply is not repeated: what the last deferral said is what the expiry means. */
function expire({ line, head, queueId, queue }: Queued, waiting: Waiting, context: NormaliseContext): readonly Normalised[] {
  const recipients = waiting.take(queue);
  if (recipients.length === 0) {
    return [problem('no_recipient', `expired: no recipient of queue id ${queueId} is known to wait`, line)];
  }
  const time = syslogMoment(head.time, context);
  const identity = [head.host, queueId];
  return recipients.map((recipient) =>
    eventOf('postfix', { type: 'expired', recipient, time, identity, messageId: queueId }, context, () => line),
  );
}
