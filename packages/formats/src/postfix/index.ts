/** Postfix syslog: one event per delivery attempt. An "expired" line is joined by queue id to the recipients that are still deferred. */
import { bareAddress, eventOf, problem } from '../draft.ts';
import type { LineReader, NormaliseContext, Normalised } from '../format.ts';
import { anyLine, carriedReader, checkedLine, HAND_OVER, ignoredLine, lineFormat, NO_DELIVERY, NOTHING, OTHER_PROGRAM } from '../lines.ts';
import { headlessLine, syslogLine, syslogMoment } from '../syslog.ts';
import type { SyslogLine } from '../syslog.ts';
import { deliveryLine, IN_REPLY, isHandOver, phaseOf, queueIdOf, remoteHostOf } from './line.ts';
import type { DeliveryLine } from './line.ts';
import { createDeferredRecipients } from '../deferred-recipients.ts';
import type { DeferredRecipients } from '../deferred-recipients.ts';

const PROBE = ignoredLine('an address probe');
const ON_HOLD = ignoredLine('a message on hold');

/**
 * Syslog tag. Any prefix is accepted before the last component because instances and services have their own names
 * (`postfix-out/relay/smtp`).
 */
const PROGRAM = /^(.{1,120})\/([a-z0-9_-]{1,40})$/i;
/** First lines of a new mail. Recipients still stored under this queue id belong to an earlier mail. */
const BEGINS = /^(?:client=|uid=\d|message-id=|resent-message-id=)/;

export const postfix = lineFormat({
  name: 'postfix',
  looksLike: (sample) =>
    anyLine(
      sample,
      /(?:^| )[^\s[\]]{1,120}\/[a-z0-9_-]{1,40}(?:\[\d{1,10}\])?: (?:\[ID \d{1,10} [\w.]{3,20}\] )?(?:[0-9A-Za-z]{5,25}|NOQUEUE): [a-z]/,
    ) || anyLine(sample, / \S{1,120}\/[a-z0-9_-]{1,40} \d{1,10} \S{1,32} (?:-|\[[^\]]{0,200}\]) (?:[0-9A-Za-z]{5,25}|NOQUEUE): [a-z]/),
  open,
});

function open(context: NormaliseContext, state?: unknown): LineReader {
  return carriedReader(state, (own) => reader(context, own));
}

function reader(context: NormaliseContext, state: unknown): LineReader {
  const deferred = createDeferredRecipients(state);
  return {
    push: (line) => checkedLine(line, (whole) => readLine(whole, deferred, context)),
    end: () => NOTHING,
    state: () => deferred.state(),
  };
}

function readLine(line: string, deferred: DeferredRecipients, context: NormaliseContext): readonly Normalised[] {
  const head = syslogLine(line);
  if (head === undefined) return headlessLine(line);
  const program = PROGRAM.exec(head.program);
  if (program === null) return OTHER_PROGRAM;
  const queueId = queueIdOf(head.message);
  if (queueId === undefined) return NO_DELIVERY;
  // Queue ids are unique only within one host and instance.
  const queue = `${head.host} ${(program[1] as string).split('/')[0]} ${queueId}`;
  return readQueued({ line, head, queueId, queue }, deferred, context);
}

interface Queued {
  readonly line: string;
  readonly head: SyslogLine;
  readonly queueId: string;
  readonly queue: string;
}

function readQueued(queued: Queued, deferred: DeferredRecipients, context: NormaliseContext): readonly Normalised[] {
  const rest = queued.head.message.slice(queued.queueId.length + 2);
  if (rest.startsWith('to=')) return readDelivery(queued, deferred, context);
  if (rest.startsWith('from=<') && /, status=(?:force-)?expired\b/.test(rest)) return expire(queued, deferred, context);
  if (BEGINS.test(rest) || rest === 'removed') deferred.clear(queued.queue);
  return NO_DELIVERY;
}

function readDelivery(queued: Queued, deferred: DeferredRecipients, context: NormaliseContext): readonly Normalised[] {
  const { line, queueId, queue, head } = queued;
  const delivery = deliveryLine(queueId, head.message) as DeliveryLine;
  const final = delivery.fields.get('to') as string;
  const original = delivery.fields.get('orig_to');
  // An alias without a domain (`root`) is local. No external sender used it as an address.
  const recipient = original?.includes('@') === true ? original : final;
  switch (delivery.status?.toLowerCase()) {
    case 'deferred':
    case 'softbounce':
      if (bareAddress(recipient) !== undefined) deferred.add(queue, recipient, final);
      return [eventFrom(queued, { type: 'deferred', recipient, delivery }, context)];
    case 'sent':
      deferred.remove(queue, recipient, final);
      if (isHandOver(delivery.fields.get('relay'), delivery.text)) return HAND_OVER;
      return [eventFrom(queued, { type: 'delivered', recipient, delivery }, context)];
    case 'bounced':
      deferred.remove(queue, recipient, final);
      return [eventFrom(queued, { type: 'bounced', recipient, delivery }, context)];
    case 'expired':
    case 'force-expired':
      deferred.remove(queue, recipient, final);
      return [eventFrom(queued, { type: 'expired', recipient, delivery }, context)];
    case 'undeliverable':
    case 'deliverable':
    case 'deliverable-but-not-cached':
      return PROBE;
    case 'hold':
      return ON_HOLD;
    default:
      return [problem('invalid', `status: ${delivery.status === undefined ? 'missing, the line seems truncated' : 'not known'}`, line)];
  }
}

interface Attempt {
  readonly type: 'deferred' | 'delivered' | 'bounced' | 'expired';
  readonly recipient: string;
  readonly delivery: DeliveryLine;
}

function eventFrom({ line, head, queueId }: Queued, { type, recipient, delivery }: Attempt, context: NormaliseContext): Normalised {
  const { fields, text } = delivery;
  const dsn = fields.get('dsn');
  const draft = {
    type,
    recipient,
    time: syslogMoment(head.time, context),
    identity: [head.host, queueId, fields.get('to'), dsn, text],
    messageId: queueId,
    enhanced: dsn,
    // The SMTP command becomes `phase`. It is removed from the text so that it is not read as part of the reply.
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

/** Emits expiries without a reply. The last deferral event already carries the reply. */
function expire({ line, head, queueId, queue }: Queued, deferred: DeferredRecipients, context: NormaliseContext): readonly Normalised[] {
  const recipients = deferred.clear(queue);
  if (recipients.length === 0) {
    return [problem('no_recipient', `expired: no deferred recipient of queue id ${queueId} is known`, line)];
  }
  const time = syslogMoment(head.time, context);
  const identity = [head.host, queueId];
  return recipients.map((recipient) =>
    eventOf('postfix', { type: 'expired', recipient, time, identity, messageId: queueId }, context, () => line),
  );
}
