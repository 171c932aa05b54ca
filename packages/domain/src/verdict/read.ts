/** Prepares a reply once for all rules. */
import { SMTP_PHASES } from '../event.ts';
import type { SmtpPhase } from '../event.ts';
import type { Reading } from './rules/rule.ts';
import type { Reply } from './types.ts';

/** UTF-16 units that are read. */
export const TEXT_LIMIT = 65_536;

const CODES = /^\s*(?:smtp;\s*)?([245]\d\d)?[ \-#(]{0,3}(?:([245])\.(\d{1,3})\.(\d{1,3}))?/i;
const ENHANCED = /(?:^|[\s(#[])([45])\.(\d{1,3})\.(\d{1,3})(?=[\s)\],;:]|$)/;
const INNER = /(?:said:|last transfail:|deferred:|reason:|->)\s*((?:\d{3}[ -]).*)$/i;
const POSTFIX_PHASE = /\(in reply to (?:the )?(?:end of )?([a-z]+)(?: from)?(?: to)?(?: command)?\)/;

export function read(reply: Reply): Reading {
  const whole = unfolded(reply.text.slice(0, TEXT_LIMIT));
  const inner = INNER.exec(whole)?.[1] ?? whole;
  const start = CODES.exec(inner);
  const code = validCode(reply.code) ?? validCode(start?.[1] === undefined ? undefined : Number(start[1]));
  const given = enhancedOf(reply.enhanced) ?? enhancedAt(start) ?? enhancedOf(ENHANCED.exec(inner)?.[0]?.replace(/[^\d.]/g, ''));
  const digit = code === undefined ? given?.digit : code < 500 ? 4 : 5;
  const raw = inner.toLowerCase();
  return {
    raw,
    text: cutOut(raw.replace(POSTFIX_PHASE, ' ')),
    code,
    detail: given?.detail,
    digit,
    phase: reply.phase ?? phaseIn(raw),
    provider: reply.provider,
  };
}

/** Continuation lines joined, their repeated codes dropped. */
function unfolded(text: string): string {
  return text
    .replace(/[\r\n]+\s*(?:\d{3}[ -](?:\d\.\d{1,3}\.\d{1,3}\s)?)?/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}

/** What names one mailbox, host or message says nothing about the meaning, and its digits must not be read as codes. */
function cutOut(text: string): string {
  return text
    .replace(/https?:\/\/\S+/g, ' ')
    .replace(/<?[^\s<>@,;:()]{1,64}@[^\s<>@,;:()]{1,255}>?/g, 'addr')
    .replace(/\b\d{1,3}(?:\.\d{1,3}){3}\b/g, 'ip')
    .replace(/\b[a-f0-9]{12,}\b/g, 'id')
    .replace(/_/g, ' ')
    .replace(/\s+/g, ' ');
}

function validCode(code: number | undefined): number | undefined {
  return code !== undefined && code >= 400 && code <= 599 ? code : undefined;
}

interface Enhanced {
  readonly digit: 4 | 5;
  readonly detail: string;
}

function enhancedAt(start: RegExpExecArray | null): Enhanced | undefined {
  const [, , digit, subject, detail] = start ?? [];
  return digit === undefined || digit === '2' ? undefined : { digit: digit === '4' ? 4 : 5, detail: `${subject}.${detail}` };
}

function enhancedOf(text: string | undefined): Enhanced | undefined {
  const match = /^([45])\.(\d{1,3}\.\d{1,3})$/.exec(text?.trim() ?? '');
  return match === null ? undefined : { digit: match[1] === '4' ? 4 : 5, detail: match[2] as string };
}

function phaseIn(text: string): SmtpPhase | undefined {
  const word = POSTFIX_PHASE.exec(text);
  if (word === null) return undefined;
  if (word[0].includes('end of')) return 'end_of_data';
  return SMTP_PHASES.find((phase) => phase === word[1]);
}
