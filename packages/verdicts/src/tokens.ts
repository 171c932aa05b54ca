/**
 * Tokenises a reply: lower case, without accents, with everything replaced that identifies one mailbox, host or message. It makes one
 * pass over the text and uses no regular expression that could backtrack.
 */

export interface Tokens {
  /** `addr`, `fqdn`, `ip` and `url` replace what they name; numbers are dropped. Scripts without spaces yield one word per character. */
  readonly words: readonly string[];
  /** Labels of host names (`.spamhaus`), suffixes of host names (`.google.com`) and path segments of links (`/6596`). */
  readonly marks: readonly string[];
  /** The first enhanced status code in the text, `5.1.1`. */
  readonly enhanced: string | undefined;
}

/** Receives the tokens of a text in their order. Words are given by their offsets, so that a receiver need not cut them out. */
export interface TokenSink {
  word(text: string, from: number, end: number): void;
  /** The last word and another one are one word. */
  joined(word: string): void;
  /** `lead` is a character to be read before the offsets: `.` or `/`. */
  mark(lead: number, text: string, from: number, end: number): void;
  /** The text contains an enhanced status code. */
  enhanced(code: string): void;
}

/** The text that is tokenised, and what the scanner has to remember of it. */
interface Scan {
  /** In lower case. */
  readonly lower: string;
  /** With its capitals, at the same offsets. */
  readonly cased: string;
  readonly sink: TokenSink;
  /** The last word if it can be the first part of a word, otherwise undefined. */
  before: string | undefined;
  marks: number;
}

const MOST_MARKS = 64;
/** Longer than any address. This bound keeps backward scans within one run linear in the text. */
const LONGEST_RUN = 320;
const APOSTROPHE = 39;
const MINUS = 45;
const DOT = 46;
const SLASH = 47;
const AT = 64;
const UNDERSCORE = 95;

export function tokenise(reply: string): Tokens {
  const words: string[] = [];
  const marks: string[] = [];
  let enhanced: string | undefined;
  scan(reply, {
    word: (text, from, end) => words.push(text.slice(from, end)),
    joined: (word) => (words[words.length - 1] = word),
    mark: (lead, text, from, end) => marks.push(String.fromCharCode(lead) + text.slice(from, end)),
    enhanced: (code) => (enhanced ??= code),
  });
  return { words, marks, enhanced };
}

/** Gives the tokens of a text to the sink. `isAscii`: the text is known to be ASCII. */
export function scan(reply: string, sink: TokenSink, isAscii = false): void {
  const shown = isAscii ? reply : withoutAccents(reply);
  const lower = shown.toLowerCase();
  // Some letters change length in lower case. Capitals cannot be mapped then.
  const state: Scan = { lower, cased: lower.length === shown.length ? shown : lower, sink, before: undefined, marks: 0 };
  let at = 0;
  while (at < lower.length) {
    const code = lower.charCodeAt(at);
    if (!isWord(code)) at += 1;
    else if (code >= 0x2e80 && isUnspaced(code)) {
      state.before = undefined;
      sink.word(lower, at, at + 1);
      at += 1;
    } else at = readRun(state, at);
  }
}

/** Reads letters and digits with their joining characters: `.`, `@`, `-`, `_`, `'`, `+`, `=`. */
function readRun(state: Scan, from: number): number {
  const { lower } = state;
  const limit = Math.min(lower.length, from + LONGEST_RUN);
  let dots = false;
  let address = false;
  let joined = false;
  let end = from + 1;
  for (; end < limit; end += 1) {
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
  if (lower.charCodeAt(end) === 58 && lower.startsWith('://', end)) return readLink(state, end + 3);
  if (address) named(state, 'addr');
  else if (dots) return readDotted(state, from, end);
  else if (joined) pushParts(state, from, end);
  else pushPlain(state, from, end);
  return end;
}

/** A word that stands for what was in the text. */
function named(state: Scan, word: string): void {
  state.before = undefined;
  state.sink.word(word, 0, word.length);
}

/** A code, an IP address, a host name, or sentences without a space between them. */
function readDotted(state: Scan, from: number, end: number): number {
  const { lower, cased } = state;
  if (lower.charCodeAt(from + 3) === MINUS && isNumber(lower, from, Math.min(from + 3, end))) return readDotted(state, from + 4, end);
  let labels = 1;
  let last = from;
  let numeric = true;
  for (let at = from; at < end; at += 1) {
    const code = lower.charCodeAt(at);
    if (code === DOT) {
      labels += 1;
      last = at + 1;
    } else if (!isDigit(code)) numeric = false;
  }
  // A dot before a character of an unspaced script ends the run. Between other dots there is always something.
  if (numeric && last < end) {
    if (labels === 3) state.sink.enhanced(lower.slice(from, end));
    else if (labels === 4) named(state, 'ip');
    return end;
  }
  const joint = sentenceJoint(cased, from, end);
  if (joint !== -1) {
    readDotted(state, from, joint);
    return readSentences(state, joint + 1, end);
  }
  if (labels < 2 || end - last < 2 || isDigit(lower.charCodeAt(last))) {
    for (let start = from; start <= end;) {
      const stop = nextDot(lower, start, end);
      pushParts(state, start, stop);
      start = stop + 1;
    }
    return end;
  }
  named(state, 'fqdn');
  for (let start = from; start <= end;) {
    const stop = nextDot(lower, start, end);
    mark(state, DOT, start, stop);
    start = stop + 1;
  }
  markSuffixes(state, from, end);
  return lower.charCodeAt(end) === SLASH ? readPath(state, end) : end;
}

function nextDot(text: string, from: number, end: number): number {
  let at = from;
  while (at < end && text.charCodeAt(at) !== DOT) at += 1;
  return at;
}

/**
 * Marks the last two and three labels of a host name: `.google.com` for `mx.google.com`, also `.l.google.com` for `mx.l.google.com`. Providers
 * are recognised by these suffixes.
 */
function markSuffixes(state: Scan, from: number, end: number): void {
  let dots = 0;
  for (let at = end - 1; at >= from && dots < 3; at -= 1) {
    if (state.lower.charCodeAt(at) !== DOT) continue;
    dots += 1;
    if (dots > 1) mark(state, DOT, at + 1, end);
  }
}

/** Tokenises each sentence of the rest of a run separately. The run is read once, whatever the number of sentences. */
function readSentences(state: Scan, from: number, end: number): number {
  let start = from;
  for (let joint = sentenceJoint(state.cased, start, end); joint !== -1; joint = sentenceJoint(state.cased, start, end)) {
    readDotted(state, start, joint);
    start = joint + 1;
  }
  return readDotted(state, start, end);
}

/** Index of a dot that ends a sentence without a following space, as in `list.If you`; -1 if there is none. */
function sentenceJoint(cased: string, from: number, end: number): number {
  for (let at = nextDot(cased, from, end); at < end; at = nextDot(cased, at + 1, end)) {
    if (isSmall(cased.charCodeAt(at - 1)) && isCapital(cased.charCodeAt(at + 1)) && !isCapital(cased.charCodeAt(at + 2))) return at;
  }
  return -1;
}

function readLink(state: Scan, from: number): number {
  const { lower } = state;
  named(state, 'url');
  let end = from;
  while (end < lower.length && !endsHost(lower.charCodeAt(end))) end += 1;
  const stop = Math.min(end, from + 253);
  for (let start = from; start <= stop;) {
    const dot = nextDot(lower, start, stop);
    mark(state, DOT, start, dot);
    start = dot + 1;
  }
  return readPath(state, end);
}

/** Reads what follows the host name, up to the next space, quote or bracket. */
function readPath(state: Scan, from: number): number {
  const { lower } = state;
  let end = from;
  while (end < lower.length && !endsLink(lower.charCodeAt(end))) end += 1;
  let start = from;
  const stop = Math.min(end, from + 512);
  for (let at = from; at <= stop; at += 1) {
    const code = at < end ? lower.charCodeAt(at) : 0;
    if (isWord(code) || code === UNDERSCORE || code === MINUS) continue;
    if (at > start) mark(state, SLASH, start, at);
    start = at + 1;
  }
  return end;
}

function mark(state: Scan, lead: number, from: number, end: number): void {
  if (state.marks === MOST_MARKS || end === from) return;
  state.marks += 1;
  state.sink.mark(lead, state.lower, from, end);
}

function pushParts(state: Scan, from: number, end: number): void {
  const { lower } = state;
  // A provider's own token (`ofr_416`) stays one word.
  if (isToken(lower, from, end)) return pushWord(state, from, end);
  let start = from;
  for (let at = from; at <= end; at += 1) {
    const code = at < end ? lower.charCodeAt(at) : MINUS;
    if (isWord(code) || code === APOSTROPHE) continue;
    pushWord(state, start, at);
    start = at + 1;
  }
}

function isToken(text: string, from: number, end: number): boolean {
  let digits = false;
  let underscore = false;
  for (let at = from; at < end; at += 1) {
    const code = text.charCodeAt(at);
    if (isDigit(code)) digits = true;
    else if (code === UNDERSCORE) underscore = true;
  }
  return digits && underscore;
}

function pushWord(state: Scan, from: number, end: number): void {
  const { lower } = state;
  if (from === end) return;
  for (let at = from; at < end; at += 1) if (lower.charCodeAt(at) === APOSTROPHE) return pushSpelled(state, spelled(lower, from, end));
  pushPlain(state, from, end);
}

/** Pushes a word without an apostrophe. */
function pushPlain(state: Scan, from: number, end: number): void {
  const { lower } = state;
  const first = lower.charCodeAt(from);
  if (isDigit(first) && isNumber(lower, from, end)) return;
  if (first === 103 && lower.startsWith('gray', from) && end - from >= 4) return pushSpelled(state, spelled(lower, from, end));
  if (state.before !== undefined && isSecondPart(lower, from, end, state.before)) {
    state.sink.joined(`${state.before}${lower.slice(from, end)}`);
    state.before = undefined;
    return;
  }
  state.sink.word(lower, from, end);
  state.before = firstPart(lower, from, end);
}

/** `lAdresse` for `l'adresse` without its article, `dont` for `don't`, `grey` for `gray`. */
function spelled(text: string, from: number, end: number): string {
  const part = text.slice(from, end);
  const word = part.includes("'") ? part.slice(isElided(part) ? 2 : 0).replaceAll("'", '') : part;
  return word.startsWith('gray') ? `grey${word.slice(4)}` : word;
}

function pushSpelled(state: Scan, word: string): void {
  if (word === '' || isNumber(word, 0, word.length)) return;
  if (state.before !== undefined && isSecondPart(word, 0, word.length, state.before)) {
    state.sink.joined(`${state.before}${word}`);
    state.before = undefined;
    return;
  }
  state.sink.word(word, 0, word.length);
  state.before = firstPart(word, 0, word.length);
}

const LISTS: readonly string[] = ['black', 'block', 'grey', 'white', 'allow', 'deny'];
const FIRST_PARTS: readonly string[] = ['e', 'mail', ...LISTS];

/** The word if another one can follow that makes one word with it. */
function firstPart(text: string, from: number, end: number): string | undefined {
  const length = end - from;
  if (length > 5 || !MAY_BEGIN[text.charCodeAt(from) & 127]) return undefined;
  for (const part of FIRST_PARTS) if (part.length === length && text.startsWith(part, from)) return part;
  return undefined;
}

const MAY_BEGIN = Array.from({ length: 128 }, (_, code) => FIRST_PARTS.some((part) => part.charCodeAt(0) === code));

/** True if two parts form one word: `e-mail`, `mail box`, `black list` and similar. */
function isSecondPart(text: string, from: number, end: number, before: string): boolean {
  switch (before) {
    case 'mail':
      return text.startsWith('box', from) && end - from >= 3;
    case 'e':
      return text.startsWith('mail', from) && end - from === 4;
    default:
      return text.startsWith('list', from) && end - from >= 4;
  }
}

/** True for a French or Italian elision: `l'adresse`, `n'existe`. */
function isElided(part: string): boolean {
  return part.charCodeAt(1) === APOSTROPHE && 'ldnsjcmt'.includes(part.charAt(0));
}

const ACCENTS = /[\u0300-\u036f]+/g;
/** Combining marks of one letter beyond the 30 of the Stream-Safe Text Format (UAX #15 section 13). Normalising sorts them in quadratic time. */
const ENDLESS_MARKS = /(\p{M}{30})\p{M}+/gu;

/** Removes accents and maps compatibility forms: full-width letters become plain letters. */
function withoutAccents(text: string): string {
  if (hasOnlyAscii(text)) return text;
  return text
    .replace(/[\u2018\u2019\u02bc\u0060\u00b4]/g, "'")
    .replace(ACCENTS, '')
    .replace(ENDLESS_MARKS, '$1')
    .normalize('NFKD')
    .replace(ACCENTS, '')
    .normalize('NFC')
    .replaceAll('ß', 'ss');
}

function hasOnlyAscii(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) > 0x7f) return false;
  return true;
}

function isNumber(text: string, from: number, end: number): boolean {
  for (let at = from; at < end; at += 1) if (!isDigit(text.charCodeAt(at))) return false;
  return end > from;
}

const isDigit = (code: number): boolean => code >= 48 && code <= 57;
const isSmall = (code: number): boolean => code >= 97 && code <= 122;
const isCapital = (code: number): boolean => code >= 65 && code <= 90;

/** Class of an ASCII character: 1 for word characters, 2 for joining characters (. @ - _ ' + =), 0 for others. */
const KIND = Uint8Array.from({ length: 128 }, (_, code) =>
  isSmall(code) || isDigit(code) ? 1 : ".@-_'+=".includes(String.fromCharCode(code)) ? 2 : 0,
);

function isWord(code: number): boolean {
  return code < 0x80 ? KIND[code] === 1 : isForeignWord(code);
}

function isForeignWord(code: number): boolean {
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
