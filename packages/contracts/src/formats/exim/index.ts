/** Exim main log: one event a delivery, failure or deferral of an address. */
import type { DeliveryEventType } from '@desist/domain';
import { bareAddress, eventOf, problem } from '../draft.ts';
import type { LineReader, NormaliseContext, Normalised } from '../format.ts';
import { anyLine, guarded, ignoredLine, lineFormat, NOTHING } from '../lines.ts';
import { replyCodes } from '../reply.ts';
import { isRepetition, syslogLine, syslogMoment } from '../syslog.ts';
import { createBounces } from './bounces.ts';
import type { Bounces } from './bounces.ts';
import { deliveryLine, eximLine, gaveUp, isAttempt, phaseOf } from './line.ts';
import type { DeliveryLine, EximLine } from './line.ts';

const NO_MESSAGE = ignoredLine('a line about no message');
const NO_DELIVERY = ignoredLine('no delivery attempt');
const ARRIVAL = ignoredLine('an arrival');
const COMPLETED = ignoredLine('a message is done');
const OWN_BOUNCE = ignoredLine('the delivery of a bounce');
const DISCARDED = ignoredLine('discarded, not delivered');
const NOT_SENT = ignoredLine('delivery suppressed by -N');
const NOT_TRIED = ignoredLine('retry time not reached: no attempt');
const REPETITION = ignoredLine('a repeated line');
const OTHER_PROGRAM = ignoredLine('a line of another program');

export const exim = lineFormat({
  name: 'exim',
  looksLike: (glimpse) =>
    anyLine(glimpse, /\d\d:\d\d:\d\d.{0,40} [0-9A-Za-z]{6}-[0-9A-Za-z]{6}(?:[0-9A-Za-z]{5}-[0-9A-Za-z]{4}|-[0-9A-Za-z]{2}) \S/),
  open,
});

function open(context: NormaliseContext, state?: unknown): LineReader {
  const bounces = createBounces(state);
  return {
    push: (line) => guarded(line, (whole) => readLine(whole, bounces, context)),
    end: () => NOTHING,
    state: () => bounces.state(),
  };
}

function readLine(line: string, bounces: Bounces, context: NormaliseContext): readonly Normalised[] {
  const own = eximLine(line) ?? throughSyslog(line);
  if (own === 'other') return OTHER_PROGRAM;
  if (own === undefined)
    return isRepetition(line) ? REPETITION : [problem('unreadable', 'no main log line: it does not begin with a time', line)];
  const { id, rest } = own;
  if (id === undefined) return NO_MESSAGE;
  if (rest === 'Completed' || rest.startsWith('Completed ')) {
    bounces.remove(id);
    return COMPLETED;
  }
  if (rest.startsWith('<= ')) {
    if (rest.startsWith('<= <>')) bounces.add(id);
    else bounces.remove(id);
    return ARRIVAL;
  }
  const delivery = deliveryLine(rest);
  if (delivery === undefined) return NO_DELIVERY;
  const sender = delivery.fields.get('F') ?? delivery.fields.get('P');
  if (sender === '' || (sender === undefined && bounces.has(id))) return OWN_BOUNCE;
  return readDelivery(line, id, own.time, delivery, context);
}

/** Exim can write to syslog; then its own time may be left out. */
function throughSyslog(line: string): EximLine | 'other' | undefined {
  const head = syslogLine(line);
  if (head === undefined) return undefined;
  if (!/^exim/i.test(head.program)) return 'other';
  const own = eximLine(head.message) ?? eximLine(`1970-01-01 00:00:00 ${head.message}`);
  return own === undefined || !own.time.startsWith('1970') ? own : { ...own, time: head.time };
}

function readDelivery(line: string, id: string, time: string, delivery: DeliveryLine, context: NormaliseContext): readonly Normalised[] {
  if (delivery.flag === '*>') return NOT_SENT;
  if (delivery.address === ':blackhole:') return DISCARDED;
  if (delivery.flag === '==' && !isAttempt(delivery)) return NOT_TRIED;
  const text = delivery.flag === '**' || delivery.flag === '==' ? delivery.text : delivery.fields.get('C');
  const type = typeOf(delivery);
  const host = delivery.fields.get('H');
  const recipient = recipientOf(delivery);
  const draft = {
    type,
    recipient,
    time: syslogMoment(time, context),
    identity: [id, delivery.flag, delivery.address, text],
    messageId: id,
    text,
    remoteHost: host,
    phase: text === undefined || type === 'delivered' ? undefined : phaseOf(text),
    permanent: type === 'bounced' ? permanenceOf(text) : undefined,
  };
  return [eventOf('exim', draft, context, () => line)];
}

/** The address in brackets is the one that the mail was sent to; what stands before may be a file, a pipe or a local user. */
function recipientOf({ address, original }: DeliveryLine): string | undefined {
  if (original?.includes('@') === true) return original;
  return address.includes('@') && !/^[|/]/.test(address) ? bareAddress(address) : undefined;
}

function typeOf({ flag, text }: DeliveryLine): DeliveryEventType {
  if (flag === '==') return 'deferred';
  if (flag !== '**') return 'delivered';
  return gaveUp(text) || digitOf(text) === '4' ? 'expired' : 'bounced';
}

/** Exim's "**" is final; only a class in the text can say otherwise. */
function permanenceOf(text: string | undefined): boolean {
  return digitOf(text) !== '4';
}

function digitOf(text: string | undefined): string | undefined {
  const { enhanced, code } = replyCodes(text ?? '');
  return enhanced?.[0] ?? (code === undefined ? undefined : String(code)[0]);
}
