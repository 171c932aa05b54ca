/**
 * Parses one line of a Postfix log, after the syslog header:
 * `<queue id>: to=<..>, orig_to=<..>, relay=host[ip]:port, delay=.., dsn=x.y.z, status=<word> (<text>)`.
 */
import type { SmtpPhase } from '@desist/verdicts';

export interface DeliveryLine {
  readonly queueId: string;
  readonly fields: ReadonlyMap<string, string>;
  /** Lower case, except `SOFTBOUNCE`. Undefined if syslog truncated the line before it. */
  readonly status: string | undefined;
  readonly text: string | undefined;
}

const QUEUE_ID = /^([0-9A-Za-z]{5,25}): /;
const NEXT = /([A-Za-z][A-Za-z_-]{0,30})=/y;

/** Words that can stand in place of a queue id, such as `NOQUEUE` and `warning`. */
const NO_ID = /^(?:NOQUEUE|[a-z]+|Untrusted|Trusted|Verified|Anonymous)$/;

export function queueIdOf(message: string): string | undefined {
  const id = QUEUE_ID.exec(message)?.[1];
  return id === undefined || (NO_ID.test(id) && !/\d/.test(id)) ? undefined : id;
}

/** Returns undefined if the line does not have this form. */
export function deliveryLine(queueId: string, message: string): DeliveryLine | undefined {
  const fields = new Map<string, string>();
  let at = queueId.length + 2;
  for (;;) {
    NEXT.lastIndex = at;
    const name = NEXT.exec(message)?.[1];
    if (name === undefined) return { queueId, fields, status: undefined, text: undefined };
    at += name.length + 1;
    if (name === 'status') return { queueId, fields, ...statusOf(message.slice(at)) };
    const end = valueEnd(message, at);
    if (!fields.has(name)) fields.set(name, unbracketed(message.slice(at, end)));
    if (!message.startsWith(', ', end)) return { queueId, fields, status: undefined, text: undefined };
    at = end + 2;
  }
}

/** Maximum number of characters scanned for an address, quotes included. */
const ADDRESS_LIMIT = 1_024;

/**
 * Returns the end of a value. A value in angle brackets ends at the closing bracket because a quoted local part can contain commas and
 * brackets. Any other value ends at a comma.
 */
function valueEnd(message: string, from: number): number {
  if (message[from] === '<') {
    let quoted = false;
    const limit = Math.min(message.length, from + ADDRESS_LIMIT);
    for (let at = from + 1; at < limit; at++) {
      const letter = message[at];
      if (quoted && letter === '\\') at++;
      else if (letter === '"') quoted = !quoted;
      else if (letter === '>' && !quoted) return at + 1;
    }
  }
  const comma = message.indexOf(', ', from);
  return comma === -1 ? message.length : comma;
}

function unbracketed(value: string): string {
  return value.startsWith('<') ? value.slice(1, value.endsWith('>') ? -1 : undefined) : value;
}

const STATUS = /^([A-Za-z-]{1,40})(?: \(|,|$|\s)/;

/** The text ends at the last bracket. A truncated line has no closing bracket. */
function statusOf(rest: string): Pick<DeliveryLine, 'status' | 'text'> {
  const status = STATUS.exec(rest)?.[1];
  if (status === undefined) return { status: undefined, text: undefined };
  const open = rest.startsWith(' (', status.length) ? status.length + 2 : undefined;
  if (open === undefined) return { status, text: undefined };
  const close = rest.lastIndexOf(')');
  return { status, text: rest.slice(open, close < open ? undefined : close) };
}

export const IN_REPLY = /\s?\(in reply to ([A-Za-z ]{1,30}?)(?: command)?\)/;
const WHILE =
  /(?:while (?:sending|performing|receiving)|during) (?:the )?(initial server greeting|EHLO|HELO|LHLO|STARTTLS|AUTH|XFORWARD|MAIL FROM|RCPT TO|DATA command|DATA|end of data|message body|[A-Za-z]{1,20})/;

const PHASES: readonly (readonly [RegExp, SmtpPhase])[] = [
  [/^(?:initial|connect)/i, 'connect'],
  [/^(?:ehlo|helo|lhlo)/i, 'ehlo'],
  [/^(?:starttls|tls)/i, 'starttls'],
  [/^auth/i, 'auth'],
  [/^(?:mail|xforward)/i, 'mail'],
  [/^rcpt/i, 'rcpt'],
  [/^(?:end of data|message body)/i, 'end_of_data'],
  [/^data/i, 'data'],
];

/** The phase of the SMTP command that the text is the reply to, if the text names it. */
export function phaseOf(text: string): SmtpPhase | undefined {
  const command = IN_REPLY.exec(text)?.[1] ?? WHILE.exec(text)?.[1];
  if (command !== undefined) return phaseNamed(command);
  if (/refused to talk to me:|^connect to |TLS is required/.test(text)) return text.startsWith('TLS') ? 'starttls' : 'connect';
  return undefined;
}

/** Maps the name of an SMTP command to its phase. */
export function phaseNamed(command: string): SmtpPhase | undefined {
  return PHASES.find(([name]) => name.test(command.trim()))?.[1];
}

const HOST_IN_TEXT =
  /(?:^|\()(?:host|connect to|conversation with|lost connection with|delivery temporarily suspended: (?:host|connect to)) ([^\s[\]]{1,255})\[/;

/** The remote host: the relay's name, otherwise the host named in the text. */
export function remoteHostOf(relay: string | undefined, text: string | undefined): string | undefined {
  if (relay !== undefined && relay !== 'none' && /\[[\da-fA-F:.]+\]/.test(relay)) return relay.slice(0, relay.indexOf('['));
  return text === undefined ? undefined : HOST_IN_TEXT.exec(text)?.[1];
}

const LOOPBACK = /(?:^|\[)(?:127\.\d{1,3}\.\d{1,3}\.\d{1,3}|::1|localhost)\]?(?::\d+)?$|^localhost\[/i;
const SOCKET = /(?:^|\[)(?:private|public)\/|^\/|\[\//;
const STORED = /\bsaved\b|delivered|stored/i;

/**
 * True if the mail did not leave the host: it went to a local content filter, which resubmits it under another queue id, or it was
 * discarded. A local mail store (LMTP to a Dovecot socket) is different: it reports that it saved the mail.
 */
export function isHandOver(relay: string | undefined, text: string | undefined): boolean {
  if (relay === undefined) return false;
  if (relay === 'none') return true;
  if (text !== undefined && /^forwarded as /.test(text)) return true;
  return (LOOPBACK.test(relay) || SOCKET.test(relay)) && !(text !== undefined && STORED.test(text) && !/queued as/i.test(text));
}
