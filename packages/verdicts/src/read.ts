/** Parses a reply before any rule is applied: its codes, its phase, and the text of the innermost quoted server. */
import { ADDRESSES_READER, FOREIGN, LABELS_CODE, NAMES_COMMAND, NAMES_PARTIES, OPENS_BRACKET, QUOTES, signsIn } from './signs.ts';
import type { SmtpPhase } from './smtp.ts';
import type { Reply } from './types.ts';

/** Maximum number of UTF-16 units that are read. */
export const TEXT_LIMIT = 65_536;

export interface Reading {
  readonly code: number | undefined;
  /** The enhanced code in the event's own field, or at the start of the reply or of the quoted reply. */
  readonly enhanced: Enhanced | undefined;
  /** True if the sender gave up after a temporary reply. */
  readonly gaveUp: boolean;
  readonly phase: SmtpPhase | undefined;
  readonly provider: string | undefined;
  /** The evidence: the text of the innermost quoted server, otherwise the whole reply; without its trailer. */
  readonly text: string;
  /** The text before the quotation; undefined if nothing is quoted or only the name of a code precedes it. */
  readonly outer: string | undefined;
  /** The evidence including the trailer (help, contacts); undefined if there is none. Used if no rule matches without it. */
  readonly withTrailer: string | undefined;
  /** True if the sending MTA marks the text as its own: Momentum and KumoMTA write `[internal]`. */
  readonly fromSendingSide: boolean;
  readonly empty: boolean;
  readonly isAscii: boolean;
}

export interface Enhanced {
  readonly digit: 4 | 5;
  /** Subject and detail, `2.2` of `4.2.2`. */
  readonly detail: string;
}

const LABELLED = /\b(?:error_code :|status[:=] ?|dsn[:=] ?)([45]\d\d)\b/i;

export function read(reply: Reply): Reading {
  const whole = reply.text.length > TEXT_LIMIT ? reply.text.slice(0, TEXT_LIMIT) : reply.text;
  const signs = signsIn(whole);
  const has = (sign: number): boolean => (signs & sign) !== 0;
  const quotation = has(QUOTES) ? quotationIn(whole) : undefined;
  const inner = quotation === undefined ? whole : whole.slice(quotation.at);
  const outside = codesAt(whole);
  const inside = quotation === undefined ? undefined : codesAt(inner);
  const code = validCode(reply.code) ?? validCode(outside.code) ?? validCode(inside?.code);
  const last = validCode(inside?.code);
  const { text, withTrailer } = evidenceIn(has(NAMES_COMMAND) ? withoutCommand(inner) : inner, signs);
  return {
    code: code ?? (has(LABELS_CODE) ? validCode(Number(LABELLED.exec(whole.slice(0, 200))?.[1] ?? 0)) : undefined),
    enhanced: enhancedOf(reply.enhanced) ?? outside.enhanced ?? inside?.enhanced,
    gaveUp: quotation?.afterGivingUp === true && last !== undefined && last < 500,
    phase: reply.phase ?? (has(NAMES_COMMAND) ? phaseIn(whole) : undefined),
    provider: reply.provider,
    text,
    withTrailer,
    outer: quotation === undefined || quotation.isName ? undefined : whole.slice(0, quotation.at),
    fromSendingSide: has(OPENS_BRACKET) && whole.includes('[internal]'),
    empty: isBlank(whole),
    isAscii: !has(FOREIGN),
  };
}

export interface Codes {
  readonly code: number | undefined;
  /** Subject and detail of the enhanced code, `2.2` of `4.2.2`. */
  readonly detail: string | undefined;
  /** First digit of the reply code, otherwise of the enhanced code. 4 if the sender gave up after a temporary reply. */
  readonly digit: 4 | 5 | undefined;
}

/** The codes of a reply. `anywhere`: the first enhanced code in its text, which is used if there is none at the start. */
export function codesOf({ code, enhanced, gaveUp }: Reading, anywhere: string | undefined): Codes {
  const given = enhanced ?? enhancedOf(anywhere);
  // A sender that gives up after a temporary reply quotes that reply. Giving up does not make it permanent.
  if (gaveUp) return { code, detail: given?.detail, digit: 4 };
  return { code, detail: given?.detail, digit: code === undefined ? given?.digit : code < 500 ? 4 : 5 };
}

type Evidence = Pick<Reading, 'text' | 'withTrailer'>;

/** Separates a reply from the trailer with help and contacts. Advice about the sender's lists is not part of the reply and is removed. */
function evidenceIn(text: string, signs: number): Evidence {
  const named = (signs & NAMES_PARTIES) !== 0 && MAY_HAVE_PARTIES.test(text) ? text.replace(PARTIES, CUT) : text;
  if ((signs & ADDRESSES_READER) === 0) return { text: named, withTrailer: undefined };
  const plain = withoutAdvice(named);
  const trailer = TRAILER.exec(plain);
  return trailer === null ? { text: plain, withTrailer: undefined } : { text: plain.slice(0, trailer.index), withTrailer: plain };
}

/** Stands where something was cut out. It separates words, and no expression reads over it. */
const CUT = ' | ';

function withoutAdvice(text: string): string {
  const advice = ADVICE.exec(text);
  return advice === null ? text : text.slice(0, advice.index);
}

/** Postfix' smtpd_reject_footer names the parties and the time: `Client: (192.0.2.1)`, `server (mx.example)`, `(server mx, client 192.0.2.1)`. */
const MAY_HAVE_PARTIES = /\b(?:client|server):? ?\(|\((?:client|server)[ :=]/i;
const PARTIES = /\b(?:client|server|time|instance):? ?\([^()]{0,80}\)|\((?:client|server)[ :=][^()]{0,120}\)/gi;

const anyOf = (starts: readonly string[]): RegExp => new RegExp(`\\b(?:${starts.join('|')})`, 'i');

/** Start of a trailer that addresses the reader: footers, help desks. */
const TRAILER = anyOf([
  'for (?:further |additional |more )?(?:assistance|support)\\b',
  'for (?:further |additional |more )?help,? (?:please )?(?:contact|see|visit|go|call|e-?mail)\\b',
  'please provide the following',
  '(?:please )?contact your (?:system |mail |e-?mail |network |local |own ){0,2}(?:administrator|admin|postmaster|help ?desk|support|it department)\\b',
  'please check your settings\\b',
  'if you (?:believe|think|feel) (?:that )?(?:this|you|it)\\b',
  'if this (?:is|was) (?:an error|a mistake|in error)\\b',
]);

/** Start of the advice that a relaying provider adds for its customer: Resend, Amazon SES. */
const ADVICE = anyOf([
  'we recommend (?:removing|that you)\\b',
  'you should (?:consider )?(?:remov(?:e|ing)|unsubscrib(?:e|ing))\\b',
  'sending (?:(?:messages|mails?|e-?mails?) )?to (?:(?:invalid|such|bad|unknown|nonexistent) )?(?:addresses|recipients|users)\\b',
]);

/** Markers that precede a quoted reply of another server: Postfix and qmail, sendmail, Exim, Exchange, KumoMTA and Momentum, Amazon SES. */
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
  'the response was: ',
  'the other server returned was: ',
  'server replied: ',
  'server responded: ',
  'deferred: 4',
  'minutes.<4',
  'minutes.<5',
];
/** Matches a marker that ends with the first digit of the quoted code. */
const KEEPS = /[45]$/;
const LEAST_QUOTED = 12;

/** .NET, in the language of the machine. Only the name of a code precedes the marker, which carries no evidence. */
const AFTER_A_NAME = [
  'server response was: ',
  'die serverantwort war: ',
  'die serverantwort lautete: ',
  'die antwort des servers war: ',
  'la respuesta del servidor fue: ',
  'a resposta do servidor foi: ',
  'la risposta del server è stata: ',
  'la réponse du serveur était : ',
  'sunucu yanıtı şöyleydi: ',
];

/** Exim: "SMTP error from remote mail server after RCPT TO:<bob@example.com>: 550 …"; sendmail: "<<< 550 …". */
const EXIM = 'error from remote mail';
const SENDMAIL = /<<< [45]/;

/** Cheap pre-check that every marker passes. Most replies quote nothing. */
const MAY_QUOTE =
  /said:|transfail|talk to me|-> [45]|returned |because of|response was|respon|replied|antwort|respuesta|resposta|risposta|réponse|sunucu|error from|<<<|deferred: 4|minutes\.</i;

const GAVE_UP = /last transfail|message expired|message timeout|queue too long/i;

interface Quotation {
  readonly at: number;
  /** Only the name of a code precedes the quotation. */
  readonly isName: boolean;
  /** The sender gave up; the quotation is the last of several replies. */
  readonly afterGivingUp: boolean;
}

function quotationIn(text: string): Quotation | undefined {
  if (text.length < 2 * LEAST_QUOTED || !MAY_QUOTE.test(text)) return undefined;
  const lower = text.toLowerCase();
  let found = -1;
  for (const marker of QUOTED) {
    const at = lower.lastIndexOf(marker);
    const start = at + marker.length - (KEEPS.test(marker) ? 1 : 0);
    if (at !== -1 && start > found && lower.length - start >= LEAST_QUOTED) found = start;
  }
  const named = afterName(lower);
  if (named > found) return { at: named, isName: true, afterGivingUp: false };
  found = Math.max(found, afterCommand(lower), afterPrompt(text));
  return found === -1 ? undefined : { at: found, isName: false, afterGivingUp: GAVE_UP.test(text.slice(0, found)) };
}

function afterName(lower: string): number {
  for (const marker of AFTER_A_NAME) {
    const at = lower.lastIndexOf(marker);
    if (at !== -1) return at + marker.length;
  }
  return -1;
}

/** Index of the first code after the command that Exim names; -1 if there is none. */
function afterCommand(lower: string): number {
  const at = lower.lastIndexOf(EXIM);
  if (at === -1) return -1;
  const code = /: [45]\d\d[ -]/.exec(lower.slice(at, at + 1_024));
  return code === null ? -1 : at + code.index + 2;
}

/** Index of the first line that sendmail received after the last command that it sent; -1 if there is none. */
function afterPrompt(text: string): number {
  const sent = Math.max(0, text.lastIndexOf('>>> '));
  const line = SENDMAIL.exec(text.slice(sent));
  return line === null ? -1 : sent + line.index + 4;
}

function validCode(code: number | undefined): number | undefined {
  return code !== undefined && code >= 400 && code <= 599 ? code : undefined;
}

/** What stands at the start of a text: `550 5.1.1`, `"550-5.1.1`, `smtp; 550 #5.1.1`, `5.1.1`. */
interface Leading {
  /** From 200 to 599. */
  readonly code: number | undefined;
  readonly enhanced: Enhanced | undefined;
}

function codesAt(text: string): Leading {
  let at = 0;
  while (at < 8 && isQuoteOrSpace(text.charCodeAt(at))) at += 1;
  if (text.charCodeAt(at + 4) === 59 && text.slice(at, at + 4).toLowerCase() === 'smtp') {
    at += 5;
    for (let spaces = 0; spaces < 4 && isSpace(text.charCodeAt(at)); spaces += 1) at += 1;
  }
  if (text.charCodeAt(at) === 35) at += 1;
  let code: number | undefined;
  const first = text.charCodeAt(at);
  if ((first === 50 || first === 52 || first === 53) && isDigit(text.charCodeAt(at + 1)) && isDigit(text.charCodeAt(at + 2))) {
    code = (first - 48) * 100 + (text.charCodeAt(at + 1) - 48) * 10 + text.charCodeAt(at + 2) - 48;
    at += 3;
  }
  for (let marks = 0; marks < 3 && SEPARATORS.includes(text.charAt(at)) && at < text.length; marks += 1) at += 1;
  return { code, enhanced: enhancedAt(text, at) };
}

const SEPARATORS = ' -#(,';

/** The enhanced code of a failure at an offset, unless it is a part of a longer number. */
function enhancedAt(text: string, at: number): Enhanced | undefined {
  const digit = text.charCodeAt(at);
  if ((digit !== 52 && digit !== 53) || text.charCodeAt(at + 1) !== 46) return undefined;
  const subject = digitsEnd(text, at + 2);
  if (subject === at + 2 || text.charCodeAt(subject) !== 46) return undefined;
  const end = digitsEnd(text, subject + 1);
  if (end === subject + 1 || isDigit(text.charCodeAt(end))) return undefined;
  if (text.charCodeAt(end) === 46 && isDigit(text.charCodeAt(end + 1))) return undefined;
  return { digit: digit === 52 ? 4 : 5, detail: detailAt(text, at + 2, subject, end) };
}

/** Details that were met, by subject and detail. The same string each time is looked up and compared faster than a new one. */
const DETAILS = Array.from({ length: 10_000 }, (): string | undefined => undefined);

function detailAt(text: string, from: number, dot: number, end: number): string {
  // A longer subject is rare. With leading zeros it is another text.
  if (dot !== from + 1 || (text.charCodeAt(dot + 1) === 48 && end > dot + 2)) return text.slice(from, end);
  let detail = 0;
  for (let at = dot + 1; at < end; at += 1) detail = detail * 10 + text.charCodeAt(at) - 48;
  return (DETAILS[(text.charCodeAt(from) - 48) * 1_000 + detail] ??= text.slice(from, end));
}

/** The end of up to three digits. */
function digitsEnd(text: string, from: number): number {
  let at = from;
  while (at < from + 3 && isDigit(text.charCodeAt(at))) at += 1;
  return at;
}

function enhancedOf(text: string | undefined): Enhanced | undefined {
  if (text === undefined) return undefined;
  const code = text.trim();
  const enhanced = enhancedAt(code, 0);
  return enhanced?.detail.length === code.length - 2 ? enhanced : undefined;
}

const isDigit = (code: number): boolean => code >= 48 && code <= 57;
/** As `\s` of a regular expression. */
const isSpace = (code: number): boolean => code === 32 || (code >= 9 && code <= 13) || (code > 127 && /\s/.test(String.fromCharCode(code)));
const isQuoteOrSpace = (code: number): boolean => code === 34 || code === 39 || code === 60 || code === 62 || isSpace(code);

function isBlank(text: string): boolean {
  const first = text.charCodeAt(0);
  return !(first > 32 && first < 127) && text.trim() === '';
}

/** Removes the rejected command that Postfix appends. It is not part of the reply. */
function withoutCommand(text: string): string {
  const at = text.lastIndexOf('(in reply to ');
  if (at === -1) return text;
  const end = text.indexOf(')', at);
  return end === -1 ? text.slice(0, at) : `${text.slice(0, at)}${CUT}${text.slice(end + 1)}`;
}

const COMMANDS: readonly (readonly [string, SmtpPhase])[] = [
  ['end of data', 'end_of_data'],
  ['pipelined end of data', 'end_of_data'],
  ['rcpt', 'rcpt'],
  ['mail from', 'mail'],
  ['starttls', 'starttls'],
  ['ehlo', 'ehlo'],
  ['helo', 'ehlo'],
  ['initial connection', 'connect'],
  ['auth', 'auth'],
  ['data', 'data'],
];

/** Reads the phase. Postfix: "(in reply to RCPT TO command)", "(in reply to end of DATA command)". Exim: "error from remote mail server after RCPT TO:<". */
function phaseIn(text: string): SmtpPhase | undefined {
  const postfix = text.lastIndexOf('in reply to ');
  if (postfix !== -1) return commandAt(text, postfix + 12);
  const exim = text.lastIndexOf('rror from remote mail');
  if (exim === -1) return undefined;
  const after = text.indexOf(' after ', exim);
  return after === -1 || after - exim > 40 ? undefined : commandAt(text, after + 7);
}

function commandAt(text: string, at: number): SmtpPhase | undefined {
  const rest = text.slice(at, at + 28).toLowerCase();
  return COMMANDS.find(([word]) => rest.startsWith(word))?.[1];
}
