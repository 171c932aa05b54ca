/**
 * Sendmail syslog (Sendmail Installation and Operation Guide, section "Log level"): one event per recipient of a `to=` line. A line of a
 * give-up names no recipient; it applies to those of the queue id that are still deferred.
 */
import { createBounces } from './bounces.ts';
import type { Bounces } from './bounces.ts';
import { createDeferredRecipients } from './deferred-recipients.ts';
import type { DeferredRecipients } from './deferred-recipients.ts';
import { bareAddress, eventOf, problem } from './draft.ts';
import type { LineReader, NormaliseContext, Normalised } from './format.ts';
import { isObject } from './json.ts';
import {
  anyLine,
  carriedReader,
  checkedLine,
  HAND_OVER,
  ignoredLine,
  lineFormat,
  NO_DELIVERY,
  NOTHING,
  OTHER_PROGRAM,
  OWN_BOUNCE,
} from './lines.ts';
import { headlessLine, syslogLine, syslogMoment } from './syslog.ts';
import type { SyslogLine } from './syslog.ts';

const QUEUED = ignoredLine('queued: no attempt');

const PROGRAM = /^(?:sendmail|sm-[a-z][\w-]{0,40}|mta|msp)$/i;
const QUEUE_ID = /^([0-9A-Za-z]{8,20}): /;

export const sendmail = lineFormat({
  name: 'sendmail',
  looksLike: (sample) =>
    anyLine(
      sample,
      /(?:^| )(?:sendmail|sm-[a-z][\w-]{0,40}|mta|msp)\[\d{1,10}\]: (?:\[ID \d{1,10} [\w.]{3,20}\] )?[0-9A-Za-z]{12,20}: (?:to|from|[0-9A-Za-z]{12,20}: )/i,
    ),
  open: (context, state) => carriedReader(state, (own) => reader(context, own)),
});

interface Memory {
  readonly bounces: Bounces;
  readonly deferred: DeferredRecipients;
}

function reader(context: NormaliseContext, state: unknown): LineReader {
  const given = isObject(state) ? state : {};
  const memory = { bounces: createBounces(given['bounces']), deferred: createDeferredRecipients(given['deferred']) };
  return {
    push: (line) => checkedLine(line, (whole) => readLine(whole, memory, context)),
    end: () => NOTHING,
    state: () => ({ bounces: memory.bounces.state(), deferred: memory.deferred.state() }),
  };
}

interface Logged {
  readonly line: string;
  readonly head: SyslogLine;
  readonly id: string;
  /** Queue ids are unique only within one host. */
  readonly queue: string;
}

function readLine(line: string, memory: Memory, context: NormaliseContext): readonly Normalised[] {
  const head = syslogLine(line);
  if (head === undefined) return headlessLine(line);
  if (!PROGRAM.test(head.program)) return OTHER_PROGRAM;
  const id = QUEUE_ID.exec(head.message)?.[1];
  if (id === undefined) return NO_DELIVERY;
  const logged = { line, head, id, queue: `${head.host} ${id}` };
  const rest = head.message.slice(id.length + 2);
  if (rest.startsWith('to=')) return readDelivery(logged, rest, memory, context);
  if (rest.startsWith('from=')) {
    if (rest.startsWith('from=<>')) memory.bounces.add(logged.queue);
    else memory.bounces.remove(logged.queue);
    memory.deferred.clear(logged.queue);
    return NO_DELIVERY;
  }
  return readReturn(logged, rest, memory, context);
}

const RETURN = /^([0-9A-Za-z]{8,20}): ((?:DSN|return to sender|sender notify|postmaster notify|returntosender)\b.{0,40}?): (.*)$/;

/** A bounce or a warning that Sendmail writes itself: its queue id is that of no mail of a sender. */
function readReturn({ line, head, id, queue }: Logged, rest: string, memory: Memory, context: NormaliseContext): readonly Normalised[] {
  const match = RETURN.exec(rest);
  if (match === null) return NO_DELIVERY;
  const [, own, , text] = match as unknown as [string, string, string, string];
  memory.bounces.add(`${head.host} ${own}`);
  if (!/^(?:Cannot send message|Message could not be delivered) (?:for|within) /i.test(text)) return NO_DELIVERY;
  const recipients = memory.deferred.clear(queue);
  if (recipients.length === 0) return [problem('no_recipient', `expired: no deferred recipient of queue id ${id} is known`, line)];
  const time = syslogMoment(head.time, context);
  return recipients.map((recipient) =>
    eventOf('sendmail', { type: 'expired', recipient, time, identity: [head.host, id], messageId: id, text }, context, () => line),
  );
}

interface Delivery {
  readonly recipients: readonly string[];
  readonly fields: ReadonlyMap<string, string>;
  readonly stat: string;
}

/** `to=<a>,<b>, ctladdr=.., delay=.., mailer=.., relay=host. [ip], dsn=x.y.z, reply=.., stat=..`; undefined for a truncated line. */
function deliveryOf(rest: string): Delivery | undefined {
  const at = rest.indexOf(', stat=');
  if (at === -1) return undefined;
  const fields = new Map<string, string>();
  const before = rest.slice(0, at);
  const reply = before.indexOf(', reply=');
  if (reply !== -1) fields.set('reply', before.slice(reply + 8));
  for (const piece of (reply === -1 ? before : before.slice(0, reply)).split(/, (?=[a-z][A-Za-z_]{1,20}=)/)) {
    const sign = piece.indexOf('=');
    if (!fields.has(piece.slice(0, sign))) fields.set(piece.slice(0, sign), piece.slice(sign + 1));
  }
  const recipients = (fields.get('to') ?? '').split(/,(?=<|[^<>]*(?:,|$))/).map((one) => one.trim());
  return { recipients, fields, stat: rest.slice(at + 7) };
}

function readDelivery(logged: Logged, rest: string, memory: Memory, context: NormaliseContext): readonly Normalised[] {
  const { line, queue } = logged;
  const delivery = deliveryOf(rest);
  if (delivery === undefined) {
    return [problem('invalid', 'stat: missing, the line seems truncated', line)];
  }
  if (memory.bounces.has(queue)) return OWN_BOUNCE;
  const { fields, stat, recipients } = delivery;
  const type = typeOf(stat, fields.get('dsn'));
  if (type === 'queued') return QUEUED;
  if (type === undefined) return [problem('invalid', 'stat: not known', line)];
  if (isLocalRelay(fields.get('relay')) && fields.get('mailer') === 'relay') return HAND_OVER;
  return recipients.flatMap((recipient): readonly Normalised[] => {
    const address = bareAddress(recipient);
    // A local user, a file or a command: no sender outside uses it as an address.
    if (address?.includes('@') !== true) return HAND_OVER;
    if (type === 'deferred') memory.deferred.add(queue, address, address);
    else memory.deferred.remove(queue, address, address);
    return [eventFrom(logged, { type, recipient: address, delivery }, context)];
  });
}

function isLocalRelay(relay: string | undefined): boolean {
  return relay !== undefined && /\[(?:127\.\d{1,3}\.\d{1,3}\.\d{1,3}|::1|IPv6:::1)\]/.test(relay);
}

type Type = 'delivered' | 'deferred' | 'bounced';

function typeOf(stat: string, dsn: string | undefined): Type | 'queued' | undefined {
  if (/^queued\b/i.test(stat)) return 'queued';
  if (/^Sent\b/i.test(stat)) return 'delivered';
  if (/^Deferred\b/i.test(stat)) return 'deferred';
  switch (dsn?.[0]) {
    case '2':
      return 'delivered';
    case '4':
      return 'deferred';
    case '5':
      return 'bounced';
    default:
      return KNOWN_FAILURE.test(stat) ? 'bounced' : undefined;
  }
}

/** Failures of versions before 8.9, which log no `dsn=`. */
const KNOWN_FAILURE =
  /^(?:User|Host) unknown|^(?:Service unavailable|Data format error|Addressee unknown|Bad usage|Permission denied|Remote protocol error|Local configuration error|unknown mailer error|User address required)/i;

interface Attempt {
  readonly type: Type;
  readonly recipient: string;
  readonly delivery: Delivery;
}

function eventFrom({ line, head, id }: Logged, { type, recipient, delivery }: Attempt, context: NormaliseContext): Normalised {
  const { fields, stat } = delivery;
  const dsn = fields.get('dsn');
  const reply = fields.get('reply');
  const text = reply === undefined || reply === '' ? textOf(stat) : reply;
  const draft = {
    type,
    recipient,
    time: syslogMoment(head.time, context),
    identity: [head.host, id, recipient, dsn, stat],
    messageId: id,
    enhanced: dsn,
    text,
    remoteHost: hostOf(fields.get('relay')),
    permanent: type === 'bounced' ? dsn?.[0] !== '4' : undefined,
  };
  return eventOf('sendmail', draft, context, () => line);
}

/** The reply behind the word: `Deferred: 451 Try later`, `Sent (250 ok)`. */
function textOf(stat: string): string {
  return /^(?:Sent|Deferred)\s?(?::\s*|\()(.+?)\)?$/i.exec(stat)?.[1] ?? stat;
}

/** `mx.example.com. [192.0.2.34]`: the name without its last dot. */
function hostOf(relay: string | undefined): string | undefined {
  const host = /^([^\s[\]]{1,255})/.exec(relay ?? '')?.[1]?.replace(/\.$/, '');
  return host === '' ? undefined : host;
}
