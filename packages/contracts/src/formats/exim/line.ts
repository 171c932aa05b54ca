/**
 * One line of an Exim main log (Exim specification, chapter "Log files"):
 * `YYYY-MM-DD HH:MM:SS[.mmm][ +ZZZZ] [pid] <id> <flag> <address> [<original>] F=<..> R=router T=transport H=host [ip] ... : text`.
 */
import type { SmtpPhase } from '@desist/domain';

const TIME = /^(\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?: ?(?:[+-]\d\d:?\d\d|Z))?) /;
/** Sixteen characters until 4.96, twenty-three since. */
const ID = /^(?:\[\d{1,10}\] )?([0-9A-Za-z]{6}-(?:[0-9A-Za-z]{6}-[0-9A-Za-z]{2}|[0-9A-Za-z]{11}-[0-9A-Za-z]{4}))(?: |$)/;

export interface EximLine {
  readonly time: string;
  /** Undefined: the line is about no message. */
  readonly id: string | undefined;
  readonly rest: string;
}

/** Undefined: it does not begin with a time. */
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
  /** As it stands first: an address, a file, a pipe, `:blackhole:`. */
  readonly address: string;
  /** In angle brackets: what the mail was sent to. */
  readonly original: string | undefined;
  /** `F`, `P`, `R`, `T`, `H`, `C`, ... without brackets and quotes. */
  readonly fields: ReadonlyMap<string, string>;
  /** Exim's own number: of the system, or below 0. */
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
  // The system's words for the number stand before the host, the host before the text.
  const host = HOST_BEHIND.exec(error);
  const behind = host === null ? 0 : fieldsAt(error, host.index, fields);
  return { flag, ...head, fields, errno: Number(defer[1]), text: textAt(error, behind) ?? textAt(error.slice(0, host?.index), 0) };
}

const DEFER = /^ (?:routing |R=\S+ )?defer \((-?\d{1,9})\)/;
const HOST_BEHIND = / H=(?=\S+ \[)/;

/** `: text`, with or without a blank before. */
function textAt(rest: string, at: number): string | undefined {
  const text = /^ ?: ?/.exec(rest.slice(at, at + 3));
  const given = text === null ? '' : rest.slice(at + text[0].length).trim();
  return given === '' ? undefined : given.replaceAll('\\n', '\n');
}

interface Addresses {
  readonly address: string;
  readonly original: string | undefined;
  /** Where the fields begin. */
  readonly end: number;
}

const PLAIN = /(:\w{1,20}:|\S+?)(?= |:(?: |$)|$)(?: \([^()]{1,320}\))?(?: <([^<>]{0,320})>)?/y;
/** A pipe's command and a quoted local part have blanks; the original address ends them. */
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
/** Behind `H=`: the name that it gave itself, its address, its port, the sign of a connection used again. */
const HOST_REST = /(?: \([^()]{1,255}\))?(?: \[[\dA-Fa-f.:]{2,45}\](?::\d{1,5})?)?\*?/y;
/** Signs without a value: chunking, pipelining, fast open. */
const SIGN = / (?:K|L\*?|L-|TFO\*?|DSN|PRDR|DS|UTF8)(?= |:(?: |$)|$)/y;

/** Reads fields; returns where they end. */
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

/** Retry times not reached (router, local, host): nothing was tried. */
const NOT_TRIED: ReadonlySet<number> = new Set([-51, -52, -53]);

export function isAttempt({ errno, text }: DeliveryLine): boolean {
  return !(errno !== undefined && NOT_TRIED.has(errno)) && !/^retry time not reached/i.test(text ?? '');
}

/** What "**" means when Exim gave up after temporary failures. */
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

/** "SMTP error from remote mail server after RCPT TO:<..>: 550 ..." */
export function phaseOf(text: string): SmtpPhase | undefined {
  const stage = AFTER.exec(text.slice(0, 400))?.[1];
  return stage === undefined ? undefined : STAGES[stage];
}
