/**
 * Extracts the reply code and enhanced status from a reply's text (RFC 5321 section 4.2, RFC 3463). Codes are read only where a reply
 * begins, because other three-digit numbers are ports, delays or ids.
 */

export interface ReplyCodes {
  readonly code?: number;
  readonly enhanced?: string;
}

/** Maximum number of characters examined. */
const LOOKED_AT = 4 * 1024;

/** A reply begins after a match of one of these. */
const BEGINNINGS = [
  /^\s*(?:(?:smtp|esmtp|lmtp|x-[\w-]{1,40})\s*;\s*)?["'<(]?\s*/i,
  /\bsa(?:id|ys):\s*(?:\d{3}-)?/i,
  /refused to talk to me:\s*/i,
  /after (?:RCPT TO|MAIL FROM|DATA|end of data|EHLO|HELO|STARTTLS|initial connection|pipelined (?:RCPT TO|MAIL FROM|DATA|end of data))(?::?\s?<[^>]{0,320}>)?(?: SIZE=\d+)?[^:]{0,40}:\s*/i,
  /\b(?:smtp|esmtp|lmtp)\s*;\s*/i,
  /\b\w{0,40}Error:\s*/,
  /\b(?:sent|response|reply|reason|answer|remote server (?:returned|said|responded)|last (?:error|transfail)|deferred|failed|bounced|returned|responded(?: with)?)\b["']?\s*[:(=]\s*\(?["'<]?/i,
];
const CODE = /^([245]\d\d)(?=[\s\-#:.,;)]|$)[\s\-#:]{0,3}/;
const ENHANCED_HERE = /^[("[#\s]{0,3}([245]\.\d{1,3}\.\d{1,3})(?![\d.]*\d)/;
/** A separate token, not part of an address, a version or a longer number. */
const ENHANCED_ANYWHERE = /(?<![\w.@/-])([245]\.\d{1,3}\.\d{1,3})(?![\w@/]|\.\d)/g;
const VERSION = /(?:\bv|\bver|\bversion|\brelease|exim|postfix|sendmail|[a-z]d)\.?\s{0,2}$/i;

/** Returns the codes found in the text; empty if there are none. */
export function replyCodes(given: string): ReplyCodes {
  const text = given.slice(0, LOOKED_AT);
  for (const beginning of BEGINNINGS) {
    const match = beginning.exec(text);
    if (match === null) continue;
    const rest = text.slice(match.index + match[0].length);
    const code = CODE.exec(rest);
    if (code === null) {
      const enhanced = ENHANCED_HERE.exec(rest)?.[1];
      if (enhanced !== undefined) return { enhanced };
      continue;
    }
    const enhanced = ENHANCED_HERE.exec(rest.slice(code[0].length))?.[1] ?? enhancedAnywhere(rest, code[1]);
    return enhanced === undefined ? { code: Number(code[1]) } : { code: Number(code[1]), enhanced };
  }
  const enhanced = enhancedAnywhere(text, undefined);
  return enhanced === undefined ? {} : { enhanced };
}

/** Returns the class as a digit: that of the enhanced status, or else that of the code. */
export function classOf({ enhanced, code }: { readonly [name in keyof ReplyCodes]?: ReplyCodes[name] | undefined }): string | undefined {
  return enhanced?.[0] ?? (code === undefined ? undefined : String(code)[0]);
}

/** Returns the first separate enhanced status. A failure code is not paired with a success status, and vice versa. */
function enhancedAnywhere(text: string, code: string | undefined): string | undefined {
  for (const match of text.matchAll(ENHANCED_ANYWHERE)) {
    const [enhanced] = match;
    if (VERSION.test(text.slice(Math.max(0, match.index - 12), match.index))) continue;
    if (code !== undefined && (code[0] === '2') !== (enhanced[0] === '2')) continue;
    return enhanced;
  }
  return undefined;
}

/** Returns an SMTP reply code (200 to 599). Vendor codes such as 605 are rejected. */
export function codeOf(value: unknown): number | undefined {
  const number = typeof value === 'number' ? value : typeof value === 'string' && /^\s*\d{3}\s*$/.test(value) ? Number(value) : undefined;
  return number !== undefined && Number.isInteger(number) && number >= 200 && number <= 599 ? number : undefined;
}

/** Returns `5.1.1`, also from "5.1.1 (bad destination mailbox address)". */
export function enhancedOf(value: unknown): string | undefined {
  return typeof value === 'string' ? /^\s*([245]\.\d{1,3}\.\d{1,3})(?![\d.])/.exec(value)?.[1] : undefined;
}
