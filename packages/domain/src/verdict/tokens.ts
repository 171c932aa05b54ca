/**
 * A reply as words: lower case, without accents, with everything cut out that names one mailbox, host or message. One pass
 * over the text, no expression that could backtrack.
 */

export interface Tokens {
  /** `addr`, `fqdn`, `ip` and `url` stand for what was cut out; numbers are dropped. Scripts without spaces: one word per character. */
  readonly words: readonly string[];
  /** What stood in host names (`.spamhaus`) and in the paths of links (`/6596`). */
  readonly marks: readonly string[];
  /** The first enhanced status code in the text, `5.1.1`. */
  readonly enhanced: string | undefined;
}

interface Draft {
  readonly words: string[];
  readonly marks: string[];
  enhanced: string | undefined;
}

const MOST_MARKS = 64;
/** Longer than any address: what looks back within one run stays linear in the text. */
const LONGEST_RUN = 320;
const DOT = 46;
const AT = 64;

export function tokenise(text: string): Tokens {
  const shown = withoutAccents(text);
  const lower = shown.toLowerCase();
  // Some letters change their length: then capitals are not known.
  const cased = lower.length === shown.length ? shown : lower;
  const draft: Draft = { words: [], marks: [], enhanced: undefined };
  let at = 0;
  while (at < lower.length) {
    const code = lower.charCodeAt(at);
    if (isWord(code)) at = code >= 0x2e80 && isAlone(code) ? alone(draft, lower, at) : run(draft, lower, cased, at);
    else at += 1;
  }
  return draft;
}

function alone(draft: Draft, text: string, at: number): number {
  draft.words.push(text.charAt(at));
  return at + 1;
}

/** Letters and digits with what joins them: `.`, `@`, `-`, `_`, `'`, `+`, `=`. */
function run(draft: Draft, text: string, cased: string, from: number): number {
  let dots = false;
  let address = false;
  let joined = false;
  let end = from + 1;
  for (; end < text.length && end - from < LONGEST_RUN; end += 1) {
    const code = text.charCodeAt(end);
    if (isWord(code)) {
      if (code >= 0x2e80 && isAlone(code)) break;
      continue;
    }
    if (!isJoint(code) || !isWord(text.charCodeAt(end + 1))) break;
    if (code === DOT) dots = true;
    else if (code === AT) address = true;
    else joined = true;
  }
  if (text.startsWith('://', end)) return link(draft, text, end + 3);
  if (address) draft.words.push('addr');
  else if (dots) return dotted(draft, text, cased, from, end);
  else if (joined) parts(draft, text.slice(from, end));
  else push(draft, text.slice(from, end));
  return end;
}

/** A code, an IP address, a host name, or sentences without a space between them. */
function dotted(draft: Draft, text: string, cased: string, from: number, end: number): number {
  const word = text.slice(from, end);
  if (isDigit(text.charCodeAt(from)) && text.charCodeAt(from + 3) === 45 && isNumber(word.slice(0, 3))) {
    return dotted(draft, text, cased, from + 4, end);
  }
  const labels = word.split('.');
  if (labels.every(isNumber)) {
    if (labels.length === 3) draft.enhanced ??= word;
    else if (labels.length === 4) draft.words.push('ip');
    return end;
  }
  const joint = sentenceJoint(cased, from, end);
  if (joint !== -1) {
    dotted(draft, text, cased, from, joint);
    return joint + 1;
  }
  const last = labels.at(-1) ?? '';
  if (labels.length < 2 || last.length < 2 || isNumber(last.charAt(0))) {
    for (const label of labels) parts(draft, label);
    return end;
  }
  draft.words.push('fqdn');
  for (const label of labels) mark(draft, `.${label}`);
  return text.charAt(end) === '/' ? path(draft, text, end) : end;
}

/** The dot of `list.If you`; -1 without one. */
function sentenceJoint(cased: string, from: number, end: number): number {
  for (let at = cased.indexOf('.', from); at !== -1 && at < end; at = cased.indexOf('.', at + 1)) {
    if (isSmall(cased.charCodeAt(at - 1)) && isCapital(cased.charCodeAt(at + 1)) && !isCapital(cased.charCodeAt(at + 2))) return at;
  }
  return -1;
}

function link(draft: Draft, text: string, from: number): number {
  draft.words.push('url');
  let end = from;
  while (end < text.length && !endsHost(text.charCodeAt(end))) end += 1;
  for (const label of text.slice(from, Math.min(end, from + 253)).split('.')) mark(draft, `.${label}`);
  return path(draft, text, end);
}

/** What follows the host name, up to the next space, quote or bracket. */
function path(draft: Draft, text: string, from: number): number {
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

function parts(draft: Draft, word: string): void {
  // A provider's own token (`ofr_416`) is one word.
  if (word.includes('_') && /\d/.test(word)) push(draft, word);
  else for (const part of word.split(/[-_+=.]/)) push(draft, part);
}

const LISTS: ReadonlySet<string> = new Set(['black', 'block', 'grey', 'white', 'allow', 'deny']);

function push({ words }: Draft, part: string): void {
  let word = part.includes("'") ? part.slice(isElided(part) ? 2 : 0).replaceAll("'", '') : part;
  if (word === '' || (isDigit(word.charCodeAt(0)) && isNumber(word))) return;
  if (word.startsWith('gray')) word = `grey${word.slice(4)}`;
  const before = words.at(-1);
  if (before !== undefined && isSecondPart(word, before)) words[words.length - 1] = `${before}${word}`;
  else words.push(word);
}

/** `e-mail`, `mail box`, `black list` and the like are one word, however they are written. */
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

/** French and Italian: the article of `l'adresse`, `n'existe`. */
function isElided(part: string): boolean {
  return part.charCodeAt(1) === 39 && 'ldnsjcmt'.includes(part.charAt(0));
}

/** Compatibility forms too: full-width letters become letters. */
function withoutAccents(text: string): string {
  if (isAscii(text)) return text;
  return text
    .replace(/[\u2018\u2019\u02bc\u0060\u00b4]/g, "'")
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
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

/** Of ASCII: 1 for what words are made of, 2 for what joins them (. @ - _ ' + =). */
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

/** Han, kana, Hangul: written without spaces, or with endings that change. */
function isAlone(code: number): boolean {
  return (code >= 0x2e80 && code <= 0x9fff) || (code >= 0xac00 && code <= 0xd7a3) || (code >= 0xf900 && code <= 0xfaff);
}

function isJoint(code: number): boolean {
  return code < 0x80 && KIND[code] === 2;
}

const endsLink = (code: number): boolean =>
  code <= 32 || code === 34 || code === 39 || code === 60 || code === 62 || code === 93 || code === 41;
const endsHost = (code: number): boolean => endsLink(code) || code === 47 || code === 58 || code === 63;
