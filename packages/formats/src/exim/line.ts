/**
 * Parses one line of an Exim main log (Exim specification, chapter "Log files"):
 * `YYYY-MM-DD HH:MM:SS[.mmm][ +ZZZZ] [pid] <id> <flag> <address> [<original>] F=<..> R=router T=transport H=host [ip] ... : text`.
 */
import type { SmtpPhase } from '@desist/verdicts';

const TIME = /^(\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?: ?(?:[+-]\d\d:?\d\d|Z))?) /;
/** Message id: 16 characters up to Exim 4.96, 23 in later versions. */
const ID = /^(?:\[\d{1,10}\] )?([0-9A-Za-z]{6}-(?:[0-9A-Za-z]{6}-[0-9A-Za-z]{2}|[0-9A-Za-z]{11}-[0-9A-Za-z]{4}))(?: |$)/;

export interface EximLine {
  readonly time: string;
  /** Undefined if the line does not refer to a message. */
  readonly id: string | undefined;
  readonly rest: string;
}

/** Returns undefined if the line does not begin with a timestamp. */
export function eximLine(line: string): EximLine | undefined {
  const time = TIME.exec(line);
  if (time === null) return undefined;
  const behind = line.slice(time[0].length);
  const id = ID.exec(behind);
  return { time: time[1] as string, id: id?.[1], rest: id === null ? behind : behind.slice(id[0].length) };
}

export type Flag = '=>' | '->' | '>>' | '*>' | '**' | '==';

export interface DeliveryLine {
  readonly flag: Flag;
  /** The first address on the line: an email address, a file, a pipe or `:blackhole:`. */
  readonly address: string;
  /** The address in angle brackets: the recipient the mail was sent to. */
  readonly original: string | undefined;
  /** `F`, `P`, `R`, `T`, `H`, `C`, ... Values have no brackets or quotes. */
  readonly fields: ReadonlyMap<string, string>;
  /** Error number: the system's errno, or an Exim code, which is negative. */
  readonly errno: number | undefined;
  readonly text: string | undefined;
}

const FLAG = /^(=>|->|>>|\*>|\*\*|==) /;

export function deliveryLine(rest: string): DeliveryLine | undefined {
  const flag = FLAG.exec(rest)?.[1] as Flag | undefined;
  if (flag === undefined) return undefined;
  const head = addressesAt(rest, 3);
  const fields = new Map<string, string>();
  let at = fieldsAt(rest, head.end, fields);
  const defer = DEFER.exec(rest.slice(at));
  if (defer === null) return { flag, ...head, fields, errno: undefined, text: textAt(rest, at) };
  at += defer[0].length;
  const error = rest.slice(at);
  // The order is: system error message, host, text.
  const host = HOST_BEHIND.exec(error);
  const behind = host === null ? 0 : fieldsAt(error, host.index, fields);
  return { flag, ...head, fields, errno: Number(defer[1]), text: textAt(error, behind) ?? textAt(error.slice(0, host?.index), 0) };
}

const DEFER = /^ (?:routing |R=\S+ )?defer \((-?\d{1,9})\)/;
const HOST_BEHIND = / H=(?=\S+ \[)/;

/** Reads `: text`, with or without a space before the colon. */
function textAt(rest: string, at: number): string | undefined {
  const text = /^ ?: ?/.exec(rest.slice(at, at + 3));
  const given = text === null ? '' : rest.slice(at + text[0].length).trim();
  return given === '' ? undefined : given.replaceAll('\\n', '\n');
}

interface Addresses {
  readonly address: string;
  readonly original: string | undefined;
  /** Offset of the first field. */
  readonly end: number;
}

const PLAIN = /(:\w{1,20}:|\S+?)(?= |:(?: |$)|$)(?: \([^()]{1,320}\))?(?: <([^<>]{0,320})>)?/y;
/** A pipe command and a quoted local part can contain spaces. The original address in angle brackets ends them. */
const LONG = /(?:\||"|\/)[^<>]{0,4096}? <([^<>]{1,320})>(?= |:|$)/y;

function addressesAt(rest: string, from: number): Addresses {
  for (const pattern of /["|/]/.test(rest[from] ?? '') ? [LONG, PLAIN] : [PLAIN]) {
    pattern.lastIndex = from;
    const match = pattern.exec(rest);
    if (match === null) continue;
    const end = from + match[0].length;
    if (pattern === LONG) return { address: match[0].slice(0, match[0].lastIndexOf(' <')), original: match[1], end };
    return { address: match[1] as string, original: match[2], end };
  }
  return { address: '', original: undefined, end: from };
}

const FIELD = / ([A-Z][A-Za-z]{0,4})\*?=("(?:[^"\\]|\\.)*"|<[^<>]*>|\S*?)(?= |:(?: |$)|$)/y;
/** Rest of the `H=` value: HELO name, IP address, port, and `*` for a reused connection. */
const HOST_REST = /(?: \([^()]{1,255}\))?(?: \[[\dA-Fa-f.:]{2,45}\](?::\d{1,5})?)?\*?/y;
/** Flags without a value, such as chunking (K), pipelining (L) and TCP Fast Open (TFO). */
const SIGN = / (?:K|L\*?|L-|TFO\*?|DSN|PRDR|DS|UTF8)(?= |:(?: |$)|$)/y;

/** Reads the fields into `fields`. Returns the offset after the last one. */
function fieldsAt(rest: string, from: number, fields: Map<string, string>): number {
  let at = from;
  for (;;) {
    FIELD.lastIndex = at;
    const field = FIELD.exec(rest);
    if (field !== null) {
      const [whole, name, value] = field as unknown as [string, string, string];
      if (!fields.has(name)) fields.set(name, unquoted(value));
      at += whole.length;
      if (name !== 'H') continue;
      HOST_REST.lastIndex = at;
      at += HOST_REST.exec(rest)?.[0].length ?? 0;
      continue;
    }
    SIGN.lastIndex = at;
    const sign = SIGN.exec(rest);
    if (sign === null) return at;
    at += sign[0].length;
  }
}

function unquoted(value: string): string {
  const inside = /^["<]/.test(value) ? value.slice(1, -1) : value;
  return value.startsWith('"') ? inside.replaceAll('\\n', '\n').replaceAll('\\"', '"') : inside;
}

const HOST_IN_TEXT = /: host (\S{1,255}) \[([\dA-Fa-f.:]{2,45})\](?::\d{1,5})?: /;

/** Before 4.85 the host that answered stands in the text, between the command and the reply: "...: host mx.example.com [192.0.2.1]: 550 ...". */
export function hostAndText(
  host: string | undefined,
  text: string | undefined,
): { readonly host: string | undefined; readonly text: string | undefined } {
  const match = text === undefined ? null : HOST_IN_TEXT.exec(text.slice(0, 2_000));
  if (match === null || text === undefined || !text.startsWith('SMTP error from remote')) return { host, text };
  const [whole, name, address] = match as unknown as [string, string, string];
  const known = name === address ? undefined : name;
  return { host: host ?? known, text: `${text.slice(0, match.index)}: ${text.slice(match.index + whole.length)}` };
}

/** Error numbers for "retry time not reached" (router, local, host). Exim made no delivery attempt. */
const NOT_TRIED: ReadonlySet<number> = new Set([-51, -52, -53]);

export function isAttempt({ errno, text }: DeliveryLine): boolean {
  return !(errno !== undefined && NOT_TRIED.has(errno)) && !/^retry time not reached/i.test(text ?? '');
}

/** True if "**" records that Exim gave up after temporary failures. */
export function gaveUp(text: string | undefined): boolean {
  return text !== undefined && /retry timeout exceeded|failing for a long time|after a long failure period/i.test(text);
}

const AFTER =
  /\bafter (?:sending |pipelined )?(?:end of )?(initial connection|MAIL FROM|RCPT TO|DATA|data|message|EHLO|HELO|LHLO|STARTTLS|AUTH|BDAT)?/;
const STAGES: Readonly<Record<string, SmtpPhase>> = {
  'initial connection': 'connect',
  EHLO: 'ehlo',
  HELO: 'ehlo',
  LHLO: 'ehlo',
  STARTTLS: 'starttls',
  AUTH: 'auth',
  'MAIL FROM': 'mail',
  'RCPT TO': 'rcpt',
  DATA: 'data',
  data: 'end_of_data',
  message: 'end_of_data',
  BDAT: 'end_of_data',
};

/** Derives the phase from text such as "SMTP error from remote mail server after RCPT TO:<..>: 550 ...". */
export function phaseOf(text: string): SmtpPhase | undefined {
  const stage = AFTER.exec(text.slice(0, 400))?.[1];
  return stage === undefined ? undefined : STAGES[stage];
}
