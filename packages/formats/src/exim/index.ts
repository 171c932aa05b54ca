/** Exim main log: one event per delivery, failure or deferral of an address. */
import type { DeliveryEventType } from '@desist/domain';
import { bareLine } from '../carrier.ts';
import { bareAddress, eventOf, problem } from '../draft.ts';
import type { LineReader, NormaliseContext, Normalised } from '../format.ts';
import { anyLine, carriedReader, checkedLine, ignoredLine, lineFormat, NO_DELIVERY, NOTHING, OTHER_PROGRAM, OWN_BOUNCE } from '../lines.ts';
import { classOf, replyCodes } from '../reply.ts';
import { betweenLines, syslogLine, syslogMoment } from '../syslog.ts';
import { createBounces } from '../bounces.ts';
import type { Bounces } from '../bounces.ts';
import { deliveryLine, eximLine, gaveUp, hostAndText, isAttempt, phaseOf } from './line.ts';
import type { DeliveryLine, EximLine, Flag } from './line.ts';

const NO_MESSAGE = ignoredLine('a line without a message id');
const ARRIVAL = ignoredLine('an arrival');
const COMPLETED = ignoredLine('a message is completed');
const DISCARDED = ignoredLine('discarded, not delivered');
const NOT_SENT = ignoredLine('delivery suppressed by -N');
const NOT_TRIED = ignoredLine('retry time not reached: no attempt');

export const exim = lineFormat({
  name: 'exim',
  looksLike: (sample) =>
    anyLine(sample, /\d\d:\d\d:\d\d.{0,40} [0-9A-Za-z]{6}-[0-9A-Za-z]{6}(?:[0-9A-Za-z]{5}-[0-9A-Za-z]{4}|-[0-9A-Za-z]{2}) \S/),
  open,
});

function open(context: NormaliseContext, state?: unknown): LineReader {
  return carriedReader(state, (own) => reader(context, own));
}

function reader(context: NormaliseContext, state: unknown): LineReader {
  const bounces = createBounces(state);
  return {
    push: (line) => checkedLine(line, (whole) => readLine(whole, bounces, context)),
    end: () => NOTHING,
    state: () => bounces.state(),
  };
}

function readLine(line: string, bounces: Bounces, context: NormaliseContext): readonly Normalised[] {
  const own = ownLine(line);
  if (own === 'other') return OTHER_PROGRAM;
  if (own === undefined) return betweenLines(line) ?? [problem('unreadable', 'not a main log line: it does not begin with a time', line)];
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
  return readDelivery({ line, id, time: own.time, delivery }, context);
}

function ownLine(line: string): EximLine | 'other' | undefined {
  const direct = eximLine(line);
  if (direct?.id !== undefined) return direct;
  const bare = bareLine(line);
  const own = bare === line ? direct : eximLine(bare);
  if (own?.id !== undefined) return own;
  // A time of RFC 3339 begins a line of Exim as well as one of syslog.
  const carried = throughSyslog(line);
  return carried === 'other' && own !== undefined ? own : (carried ?? own);
}

/** Parses a main log line written through syslog. Exim may omit its own timestamp there; the syslog timestamp is used then. */
function throughSyslog(line: string): EximLine | 'other' | undefined {
  const head = syslogLine(line);
  if (head === undefined) return undefined;
  if (!/^exim/i.test(head.program)) return 'other';
  const own = eximLine(head.message) ?? eximLine(`1970-01-01 00:00:00 ${head.message}`);
  return own === undefined || !own.time.startsWith('1970') ? own : { ...own, time: head.time };
}

interface LoggedDelivery {
  readonly line: string;
  readonly id: string;
  readonly time: string;
  readonly delivery: DeliveryLine;
}

function readDelivery({ line, id, time, delivery }: LoggedDelivery, context: NormaliseContext): readonly Normalised[] {
  if (delivery.flag === '*>') return NOT_SENT;
  if (delivery.address === ':blackhole:') return DISCARDED;
  if (delivery.flag === '==' && !isAttempt(delivery)) return NOT_TRIED;
  const failed = delivery.flag === '**' || delivery.flag === '==';
  const { host, text } = hostAndText(delivery.fields.get('H'), failed ? delivery.text : delivery.fields.get('C'));
  const type = typeOf(delivery.flag, text);
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

/** The address the mail was sent to. It is the one in angle brackets; the one before it can be a file, a pipe or a local user. */
function recipientOf({ address, original }: DeliveryLine): string | undefined {
  if (original?.includes('@') === true) return original;
  return address.includes('@') && !/^[|/]/.test(address) ? bareAddress(address) : undefined;
}

function typeOf(flag: Flag, text: string | undefined): DeliveryEventType {
  if (flag === '==') return 'deferred';
  if (flag !== '**') return 'delivered';
  return gaveUp(text) || digitOf(text) === '4' ? 'expired' : 'bounced';
}

/** "**" is a permanent failure unless the reply code or enhanced status in the text has class 4. */
function permanenceOf(text: string | undefined): boolean {
  return digitOf(text) !== '4';
}

function digitOf(text: string | undefined): string | undefined {
  return classOf(replyCodes(text ?? ''));
}
