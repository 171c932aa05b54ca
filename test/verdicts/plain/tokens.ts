/** The tokens of a reply, read plainly: each word is cut out and looked at. What packages/verdicts/src/tokens.ts must agree with. */
import type { Tokens } from '@desist/verdicts';

/** The text that is tokenised. */
interface Text {
  /** In lower case. */
  readonly lower: string;
  /** With its capitals, at the same offsets. */
  readonly cased: string;
}

interface Draft {
  readonly words: string[];
  readonly marks: string[];
  enhanced: string | undefined;
}

const MOST_MARKS = 64;
/** Longer than any address. This bound keeps backward scans within one run linear in the text. */
const LONGEST_RUN = 320;
const DOT = 46;
const AT = 64;

export function plainTokens(reply: string): Tokens {
  const shown = withoutAccents(reply);
  const lower = shown.toLowerCase();
  // Some letters change length in lower case. Capitals cannot be mapped then.
  const text: Text = { lower, cased: lower.length === shown.length ? shown : lower };
  const draft: Draft = { words: [], marks: [], enhanced: undefined };
  let at = 0;
  while (at < lower.length) {
    const code = lower.charCodeAt(at);
    if (isWord(code)) at = code >= 0x2e80 && isUnspaced(code) ? pushCharacter(draft, lower, at) : readRun(draft, text, at);
    else at += 1;
  }
  return draft;
}

function pushCharacter(draft: Draft, text: string, at: number): number {
  draft.words.push(text.charAt(at));
  return at + 1;
}

/** Reads letters and digits with their joining characters: `.`, `@`, `-`, `_`, `'`, `+`, `=`. */
function readRun(draft: Draft, text: Text, from: number): number {
  const { lower } = text;
  let dots = false;
  let address = false;
  let joined = false;
  let end = from + 1;
  for (; end < lower.length && end - from < LONGEST_RUN; end += 1) {
    const code = lower.charCodeAt(end);
    if (isWord(code)) {
      if (code >= 0x2e80 && isUnspaced(code)) break;
      continue;
    }
    if (!isJoint(code) || !isWord(lower.charCodeAt(end + 1))) break;
    if (code === DOT) dots = true;
    else if (code === AT) address = true;
    else joined = true;
  }
  if (lower.startsWith('://', end)) return readLink(draft, lower, end + 3);
  if (address) draft.words.push('addr');
  else if (dots) return readDotted(draft, text, from, end);
  else if (joined) pushParts(draft, lower.slice(from, end));
  else pushWord(draft, lower.slice(from, end));
  return end;
}

/** A code, an IP address, a host name, or sentences without a space between them. */
function readDotted(draft: Draft, text: Text, from: number, end: number): number {
  const { lower } = text;
  const word = lower.slice(from, end);
  if (isDigit(lower.charCodeAt(from)) && lower.charCodeAt(from + 3) === 45 && isNumber(word.slice(0, 3))) {
    return readDotted(draft, text, from + 4, end);
  }
  const labels = word.split('.');
  if (labels.every(isNumber)) {
    if (labels.length === 3) draft.enhanced ??= word;
    else if (labels.length === 4) draft.words.push('ip');
    return end;
  }
  const joint = sentenceJoint(text.cased, from, end);
  if (joint !== -1) {
    readDotted(draft, text, from, joint);
    return readSentences(draft, text, joint + 1, end);
  }
  const last = labels.at(-1) ?? '';
  if (labels.length < 2 || last.length < 2 || isNumber(last.charAt(0))) {
    for (const label of labels) pushParts(draft, label);
    return end;
  }
  draft.words.push('fqdn');
  for (const label of labels) mark(draft, `.${label}`);
  markSuffixes(draft, word);
  return lower.charAt(end) === '/' ? readPath(draft, lower, end) : end;
}

/**
 * Marks the last two and three labels of a host name: `.google.com` for `mx.google.com`, also `.l.google.com` for `mx.l.google.com`. Providers
 * are recognised by these suffixes.
 */
function markSuffixes(draft: Draft, host: string): void {
  let dot = host.lastIndexOf('.');
  for (let labels = 2; labels <= 3 && dot > 0; labels += 1) {
    dot = host.lastIndexOf('.', dot - 1);
    if (dot !== -1) mark(draft, host.slice(dot));
  }
}

/** Tokenises each sentence of the rest of a run separately. The run is read once, whatever the number of sentences. */
function readSentences(draft: Draft, text: Text, from: number, end: number): number {
  let start = from;
  for (let joint = sentenceJoint(text.cased, start, end); joint !== -1; joint = sentenceJoint(text.cased, start, end)) {
    readDotted(draft, text, start, joint);
    start = joint + 1;
  }
  return readDotted(draft, text, start, end);
}

/** Index of a dot that ends a sentence without a following space, as in `list.If you`; -1 if there is none. */
function sentenceJoint(cased: string, from: number, end: number): number {
  for (let at = cased.indexOf('.', from); at !== -1 && at < end; at = cased.indexOf('.', at + 1)) {
    if (isSmall(cased.charCodeAt(at - 1)) && isCapital(cased.charCodeAt(at + 1)) && !isCapital(cased.charCodeAt(at + 2))) return at;
  }
  return -1;
}

function readLink(draft: Draft, text: string, from: number): number {
  draft.words.push('url');
  let end = from;
  while (end < text.length && !endsHost(text.charCodeAt(end))) end += 1;
  for (const label of text.slice(from, Math.min(end, from + 253)).split('.')) mark(draft, `.${label}`);
  return readPath(draft, text, end);
}

/** Reads what follows the host name, up to the next space, quote or bracket. */
function readPath(draft: Draft, text: string, from: number): number {
  let end = from;
  while (end < text.length && !endsLink(text.charCodeAt(end))) end += 1;
  let start = from;
  for (let at = from; at <= Math.min(end, from + 512); at += 1) {
    if (at < end && (isWord(text.charCodeAt(at)) || text.charAt(at) === '_' || text.charAt(at) === '-')) continue;
    if (at > start) mark(draft, `/${text.slice(start, at)}`);
    start = at + 1;
  }
  return end;
}

function mark(draft: Draft, word: string): void {
  if (draft.marks.length < MOST_MARKS && word.length > 1) draft.marks.push(word);
}

function pushParts(draft: Draft, word: string): void {
  // A provider's own token (`ofr_416`) stays one word.
  if (word.includes('_') && /\d/.test(word)) pushWord(draft, word);
  else for (const part of word.split(/[-_+=.]/)) pushWord(draft, part);
}

const LISTS: ReadonlySet<string> = new Set(['black', 'block', 'grey', 'white', 'allow', 'deny']);

function pushWord({ words }: Draft, part: string): void {
  let word = part.includes("'") ? part.slice(isElided(part) ? 2 : 0).replaceAll("'", '') : part;
  if (word === '' || (isDigit(word.charCodeAt(0)) && isNumber(word))) return;
  if (word.startsWith('gray')) word = `grey${word.slice(4)}`;
  const before = words.at(-1);
  if (before !== undefined && isSecondPart(word, before)) words[words.length - 1] = `${before}${word}`;
  else words.push(word);
}

/** True if two parts form one word: `e-mail`, `mail box`, `black list` and similar. */
function isSecondPart(word: string, before: string): boolean {
  switch (word.charCodeAt(0)) {
    case 98:
      return before === 'mail' && word.startsWith('box');
    case 108:
      return word.startsWith('list') && LISTS.has(before);
    case 109:
      return before === 'e' && word === 'mail';
    default:
      return false;
  }
}

/** True for a French or Italian elision: `l'adresse`, `n'existe`. */
function isElided(part: string): boolean {
  return part.charCodeAt(1) === 39 && 'ldnsjcmt'.includes(part.charAt(0));
}

const ACCENTS = /[\u0300-\u036f]+/g;
/** Combining marks of one letter beyond the 30 of the Stream-Safe Text Format (UAX #15 section 13). Normalising sorts them in quadratic time. */
const ENDLESS_MARKS = /(\p{M}{30})\p{M}+/gu;

/** Removes accents and maps compatibility forms: full-width letters become plain letters. */
function withoutAccents(text: string): string {
  if (isAscii(text)) return text;
  return text
    .replace(/[\u2018\u2019\u02bc\u0060\u00b4]/g, "'")
    .replace(ACCENTS, '')
    .replace(ENDLESS_MARKS, '$1')
    .normalize('NFKD')
    .replace(ACCENTS, '')
    .normalize('NFC')
    .replaceAll('ß', 'ss');
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) > 0x7f) return false;
  return true;
}

function isNumber(word: string): boolean {
  for (let at = 0; at < word.length; at += 1) if (!isDigit(word.charCodeAt(at))) return false;
  return word.length > 0;
}

const isDigit = (code: number): boolean => code >= 48 && code <= 57;
const isSmall = (code: number): boolean => code >= 97 && code <= 122;
const isCapital = (code: number): boolean => code >= 65 && code <= 90;

/** Class of an ASCII character: 1 for word characters, 2 for joining characters (. @ - _ ' + =), 0 for others. */
const KIND = Uint8Array.from({ length: 128 }, (_, code) =>
  isSmall(code) || isDigit(code) ? 1 : ".@-_'+=".includes(String.fromCharCode(code)) ? 2 : 0,
);

function isWord(code: number): boolean {
  if (code < 0x80) return KIND[code] === 1;
  if (code < 0xc0) return false;
  if (code >= 0x2000 && code <= 0x2bff) return false;
  if (code >= 0x3000 && code <= 0x303f) return false;
  return code < 0xff00 && code !== 0xd7 && code !== 0xf7 && (code < 0xd800 || code > 0xf8ff) && (code < 0xfe10 || code > 0xfe6f);
}

/** True for Han, kana and Hangul, which are written without spaces or with inflected endings. One character is one word. */
function isUnspaced(code: number): boolean {
  return (code >= 0x2e80 && code <= 0x9fff) || (code >= 0xac00 && code <= 0xd7a3) || (code >= 0xf900 && code <= 0xfaff);
}

function isJoint(code: number): boolean {
  return code < 0x80 && KIND[code] === 2;
}

const endsLink = (code: number): boolean =>
  code <= 32 || code === 34 || code === 39 || code === 60 || code === 62 || code === 93 || code === 41;
const endsHost = (code: number): boolean => endsLink(code) || code === 47 || code === 58 || code === 63;
