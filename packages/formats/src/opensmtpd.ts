/**
 * OpenSMTPD syslog: one event per delivery of an envelope. Since 5.7: `<session> mta delivery evpid=.. from=<..> to=<..> rcpt=<..> source=".."
 * relay="ip (host)" delay=.. result="Ok" stat=".."`; before: `relay: Ok for <evpid>: session=.., from=<..>, to=<..>, .., stat=..`.
 */
import { eventOf, problem } from './draft.ts';
import type { NormaliseContext, Normalised } from './format.ts';
import {
  anyLine,
  carriedReader,
  HAND_OVER,
  ignoredLine,
  lineFormat,
  NO_DELIVERY,
  OTHER_PROGRAM,
  OWN_BOUNCE,
  statelessReader,
} from './lines.ts';
import { headlessLine, syslogLine, syslogMoment } from './syslog.ts';

const REMOVED = ignoredLine('removed by the administrator');

const DELIVERY = /^[\da-f]{8,16} (?:mta|mda|bounce) (?:event=)?(?:delivery )?(?=evpid=|address=)/;
const OLDER = /^(?:relay|delivery|expire|bounce): (Ok|TempFail|PermFail|LoopError|Expire|Remove) for ([\da-f]{8,16}): /;

export const opensmtpd = lineFormat({
  name: 'opensmtpd',
  looksLike: (sample) =>
    anyLine(
      sample,
      /\bsmtpd(?:\[\d{1,10}\])?: (?:(?:[\da-f]{8,16} (?:mta|mda|smtp) (?:event=)?[a-z-]{4,20}\b)|(?:relay|delivery|expire): \w{2,9} for [\da-f]{8,16}:)/,
    ),
  open: (context, state) => carriedReader(state, () => statelessReader((line) => readLine(line, context))),
});

function readLine(line: string, context: NormaliseContext): readonly Normalised[] {
  const head = syslogLine(line);
  if (head === undefined) return headlessLine(line);
  if (head.program !== 'smtpd') return OTHER_PROGRAM;
  const delivery = deliveryOf(head.message);
  if (delivery === undefined) return NO_DELIVERY;
  const { fields } = delivery;
  if (fields.get('from') === '') return OWN_BOUNCE;
  const type = TYPES.get(delivery.result);
  if (delivery.result === 'Remove') return REMOVED;
  if (type === undefined)
    return [problem('invalid', `result: ${delivery.result === '' ? 'missing, the line seems truncated' : 'not known'}`, line)];
  const { host, address } = relayOf(fields.get('relay'));
  if (type === 'delivered' && address !== undefined && /^(?:127\.|::1$|\[?::1|local$)/.test(address)) return HAND_OVER;
  // `rcpt` is the address before aliases were expanded.
  const original = fields.get('rcpt');
  const recipient = original?.includes('@') === true ? original : fields.get('to');
  const text = fields.get('stat');
  const draft = {
    type,
    recipient,
    time: syslogMoment(head.time, context),
    identity: [head.host, fields.get('evpid'), delivery.result, text],
    messageId: fields.get('evpid'),
    text,
    remoteHost: host,
    permanent: type === 'bounced' ? true : undefined,
  };
  return [eventOf('opensmtpd', draft, context, () => line)];
}

const TYPES: ReadonlyMap<string, 'delivered' | 'deferred' | 'bounced' | 'expired'> = new Map([
  ['Ok', 'delivered'],
  ['TempFail', 'deferred'],
  ['PermFail', 'bounced'],
  ['LoopError', 'bounced'],
  ['Expire', 'expired'],
]);

interface Delivery {
  /** Empty if the line was cut off before it. */
  readonly result: string;
  readonly fields: ReadonlyMap<string, string>;
}

const FIELD = /([a-z]{2,12})=(<[^<>]{0,320}>|"[^"]{0,1000}"|[^\s,]{0,320}(?: \([^()]{1,255}\))?),? ?/y;

function deliveryOf(message: string): Delivery | undefined {
  const older = OLDER.exec(message);
  const begin = older ?? DELIVERY.exec(message);
  if (begin === null) return undefined;
  const fields = new Map<string, string>();
  for (let at = begin[0].length; ;) {
    // The reply comes last, and can contain anything.
    if (message.startsWith('stat=', at)) {
      fields.set('stat', message.slice(at + 5).replace(/^"([^]*)"$/, '$1'));
      break;
    }
    FIELD.lastIndex = at;
    const match = FIELD.exec(message);
    if (match === null) break;
    const [whole, name, value] = match as unknown as [string, string, string];
    if (!fields.has(name)) fields.set(name, /^[<"]/.test(value) ? value.slice(1, -1) : value);
    at += whole.length;
  }
  if (older !== null) fields.set('evpid', older[2] as string);
  return { result: older?.[1] ?? fields.get('result') ?? '', fields };
}

/** `62.211.72.32 (smtp.tin.it)` */
function relayOf(relay: string | undefined): { readonly host: string | undefined; readonly address: string | undefined } {
  const match = /^([^\s()]{1,255})(?: \(([^()\s]{1,255})\))?/.exec(relay ?? '');
  return { host: match?.[2] ?? match?.[1], address: match?.[1] };
}
