/** A reply, read plainly: every expression is tried. What packages/verdicts/src/read.ts must agree with. */
import type { Reply, SmtpPhase, Tokens } from '@desist/verdicts';
import { plainTokens as tokenise } from './tokens.ts';

/** Maximum number of UTF-16 units that are read. */
const TEXT_LIMIT = 65_536;

export interface PlainReading {
  readonly code: number | undefined;
  /** Subject and detail of the enhanced code, `2.2` of `4.2.2`. */
  readonly detail: string | undefined;
  /** First digit of the reply code, otherwise of the enhanced code. 4 if the sender gave up after a temporary reply. */
  readonly digit: 4 | 5 | undefined;
  readonly phase: SmtpPhase | undefined;
  readonly provider: string | undefined;
  /** Words of the innermost quoted server; of the whole reply if nothing is quoted. */
  readonly tokens: Tokens;
  /** The text before the quotation; undefined if nothing is quoted or only the name of a code precedes it. */
  readonly outer: string | undefined;
  /** The words including the trailer (help, contacts); undefined if there is none. Used if no rule matches without it. */
  readonly withTrailer: Tokens | undefined;
  /** True if the sending MTA marks the text as its own: Momentum and KumoMTA write `[internal]`. */
  readonly fromSendingSide: boolean;
  readonly empty: boolean;
}

const CODES = /^[\s"'<>]{0,8}(?:smtp;\s{0,4})?#?([245]\d\d)?[ \-#(,]{0,3}(?:([245])\.(\d{1,3})\.(\d{1,3})(?!\.?\d))?/i;
const LABELLED = /\b(?:error_code :|status[:=] ?|dsn[:=] ?)([45]\d\d)\b/i;

export function plainReading(reply: Reply): PlainReading {
  const whole = reply.text.length > TEXT_LIMIT ? reply.text.slice(0, TEXT_LIMIT) : reply.text;
  const quotation = quotationIn(whole);
  const inner = quotation === undefined ? whole : whole.slice(quotation.at);
  const { tokens, withTrailer } = evidenceIn(withoutCommand(inner));
  const outside = CODES.exec(whole);
  const inside = quotation === undefined ? null : CODES.exec(inner);
  const code =
    validCode(reply.code) ?? codeAt(outside) ?? codeAt(inside) ?? validCode(Number(LABELLED.exec(whole.slice(0, 200))?.[1] ?? 0));
  const given = enhancedOf(reply.enhanced) ?? enhancedAt(outside) ?? enhancedAt(inside) ?? enhancedOf(tokens.enhanced);
  return {
    code,
    detail: given?.detail,
    digit: digitOf(code, given, quotation?.afterGivingUp === true ? codeAt(inside) : undefined),
    phase: reply.phase ?? phaseIn(whole),
    provider: reply.provider,
    tokens,
    outer: quotation === undefined || quotation.isName ? undefined : whole.slice(0, quotation.at),
    withTrailer,
    fromSendingSide: whole.includes('[internal]'),
    empty: whole.trim() === '',
  };
}

/** A sender that gives up after a temporary reply quotes that reply. Giving up does not make it permanent. */
function digitOf(code: number | undefined, given: Enhanced | undefined, last: number | undefined): 4 | 5 | undefined {
  if (last !== undefined && last < 500) return 4;
  return code === undefined ? given?.digit : code < 500 ? 4 : 5;
}

interface Evidence {
  readonly tokens: Tokens;
  readonly withTrailer: Tokens | undefined;
}

/**
 * Separates a reply from the trailer with help and contacts. Links in the trailer still identify the provider, so its marks are kept. Advice
 * about the sender's lists is not part of the reply and is removed.
 */
function evidenceIn(text: string): Evidence {
  const plain = withoutAdvice(MAY_HAVE_PARTIES.test(text) ? text.replace(PARTIES, ' | ') : text);
  const trailer = TRAILER.exec(plain);
  if (trailer === null) return { tokens: tokenise(plain), withTrailer: undefined };
  const withoutTrailer = tokenise(plain.slice(0, trailer.index));
  const everything = tokenise(plain);
  if (withoutTrailer.words.length === 0) return { tokens: everything, withTrailer: undefined };
  return { tokens: { words: withoutTrailer.words, marks: everything.marks, enhanced: everything.enhanced }, withTrailer: everything };
}

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

/** Removes the rejected command that Postfix appends. It is not part of the reply. */
function withoutCommand(text: string): string {
  const at = text.lastIndexOf('(in reply to ');
  if (at === -1) return text;
  const end = text.indexOf(')', at);
  return end === -1 ? text.slice(0, at) : `${text.slice(0, at)} | ${text.slice(end + 1)}`;
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
