/** What a reply says before any rule is asked: its codes, its stage, and the words of the server that spoke last. */
import type { SmtpPhase } from '../event.ts';
import { tokenise } from './tokens.ts';
import type { Tokens } from './tokens.ts';
import type { Reply } from './types.ts';

/** UTF-16 units that are read. */
export const TEXT_LIMIT = 65_536;

export interface Reading {
  readonly code: number | undefined;
  /** Subject and detail of the enhanced code, `2.2` of `4.2.2`. */
  readonly detail: string | undefined;
  /** First digit of the enhanced code, else of the code. */
  readonly digit: 4 | 5 | undefined;
  readonly phase: SmtpPhase | undefined;
  readonly provider: string | undefined;
  /** Of the innermost server that is quoted. */
  readonly tokens: Tokens;
  /** The text around the quotation; undefined when nothing is quoted. */
  readonly outer: string | undefined;
  /** The sending MTA says that these are its own words: Momentum and KumoMTA write `[internal]`. */
  readonly ownSide: boolean;
  readonly empty: boolean;
}

const CODES = /^[\s"'<>]{0,8}(?:smtp;\s{0,4})?#?([245]\d\d)?[ \-#(,]{0,3}(?:([245])\.(\d{1,3})\.(\d{1,3})(?!\.?\d))?/i;
const LABELLED = /\b(?:error_code :|status[:=] ?|dsn[:=] ?)([45]\d\d)\b/i;

export function read(reply: Reply): Reading {
  const whole = reply.text.length > TEXT_LIMIT ? reply.text.slice(0, TEXT_LIMIT) : reply.text;
  const quotedAt = quotation(whole);
  const inner = quotedAt === -1 ? whole : whole.slice(quotedAt);
  const tokens = tokenise(withoutCommand(inner));
  const outside = CODES.exec(whole);
  const inside = quotedAt === -1 ? null : CODES.exec(inner);
  const code =
    validCode(reply.code) ?? codeAt(outside) ?? codeAt(inside) ?? validCode(Number(LABELLED.exec(whole.slice(0, 200))?.[1] ?? 0));
  const given = enhancedOf(reply.enhanced) ?? enhancedAt(outside) ?? enhancedAt(inside) ?? enhancedOf(tokens.enhanced);
  return {
    code,
    detail: given?.detail,
    digit: code === undefined ? given?.digit : code < 500 ? 4 : 5,
    phase: reply.phase ?? phaseIn(whole),
    provider: reply.provider,
    tokens,
    outer: quotedAt === -1 ? undefined : whole.slice(0, quotedAt),
    ownSide: whole.includes('[internal]'),
    empty: whole.trim() === '',
  };
}

/** Words after which another server's reply is quoted: Postfix and qmail, sendmail, Exchange, KumoMTA and Momentum. */
const QUOTED = [
  ' said: ',
  'last transfail: ',
  'refused to talk to me: ',
  ' -> 5',
  ' -> 4',
  'remote host said:',
  "remote server returned '",
  'because of 5',
  'because of 4',
];
/** Of a marker that ends with the first digit of the quoted code. */
const KEEPS = /[45]$/;
const LEAST_QUOTED = 12;

/** What every one of them has: asked first, for most replies quote nobody. */
const MAY_QUOTE = /said:|transfail|talk to me|-> [45]|returned '|because of/i;

function quotation(text: string): number {
  if (text.length < 2 * LEAST_QUOTED || !MAY_QUOTE.test(text)) return -1;
  const lower = text.toLowerCase();
  let found = -1;
  for (const marker of QUOTED) {
    const at = lower.lastIndexOf(marker);
    const start = at + marker.length - (KEEPS.test(marker) ? 1 : 0);
    if (at !== -1 && start > found && lower.length - start >= LEAST_QUOTED) found = start;
  }
  return found;
}

function codeAt(match: RegExpExecArray | null): number | undefined {
  return match?.[1] === undefined ? undefined : validCode(Number(match[1]));
}

function validCode(code: number | undefined): number | undefined {
  return code !== undefined && code >= 400 && code <= 599 ? code : undefined;
}

interface Enhanced {
  readonly digit: 4 | 5;
  readonly detail: string;
}

function enhancedAt(match: RegExpExecArray | null): Enhanced | undefined {
  const [, , digit, subject, detail] = match ?? [];
  return digit === undefined || digit === '2' ? undefined : { digit: digit === '4' ? 4 : 5, detail: `${subject}.${detail}` };
}

function enhancedOf(text: string | undefined): Enhanced | undefined {
  const match = /^([45])\.(\d{1,3}\.\d{1,3})$/.exec(text?.trim() ?? '');
  return match === null ? undefined : { digit: match[1] === '4' ? 4 : 5, detail: match[2] as string };
}

/** Postfix adds which command was refused: these are no words of the reply. */
function withoutCommand(text: string): string {
  const at = text.lastIndexOf('(in reply to ');
  if (at === -1) return text;
  const end = text.indexOf(')', at);
  return end === -1 ? text.slice(0, at) : `${text.slice(0, at)} ${text.slice(end + 1)}`;
}

const COMMANDS: readonly (readonly [string, SmtpPhase])[] = [
  ['end of data', 'end_of_data'],
  ['rcpt', 'rcpt'],
  ['mail from', 'mail'],
  ['starttls', 'starttls'],
  ['ehlo', 'ehlo'],
  ['helo', 'ehlo'],
  ['auth', 'auth'],
  ['data', 'data'],
];

/** Postfix: "(in reply to RCPT TO command)", "(in reply to end of DATA command)". */
function phaseIn(text: string): SmtpPhase | undefined {
  const at = text.lastIndexOf('in reply to ');
  if (at === -1) return undefined;
  const rest = text.slice(at + 12, at + 40).toLowerCase();
  return COMMANDS.find(([word]) => rest.startsWith(word))?.[1];
}
