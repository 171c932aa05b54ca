/**
 * Finds phrases in texts. Every word of a text is a number (vocabulary.ts). A phrase is looked up by the rarest of its words, and matched
 * from there in both directions. Gaps are bounded, so a phrase costs a bounded number of steps per word, whatever the text.
 */
import { parse } from './phrase.ts';
import type { RawElement, RawPhrase, WordLists } from './phrase.ts';
import { scan } from './tokens.ts';
import { createVocabulary } from './vocabulary.ts';
import type { Vocabulary } from './vocabulary.ts';

/** The words and marks of one text as numbers; a word that no phrase contains is 0, such a mark is left out. Filled anew for each text. */
export interface Encoded {
  words: Uint16Array;
  /** How many of `words` are the text's. */
  count: number;
  marks: Uint16Array;
  markCount: number;
  /** The first enhanced status code in the text. */
  enhanced: string | undefined;
}

export interface Phrases {
  /** How many different phrases there are. They are numbered from 0. */
  readonly size: number;
  /** The number of each phrase that was compiled, in the order in which they were given: equal phrases share one. */
  readonly numbers: readonly number[];
  /** Encodes a text into `target`. `isAscii`: the text is known to be ASCII. */
  readonly encode: (text: string, target: Encoded, isAscii?: boolean) => void;
  /** Finds the phrases of a text. Valid until the next `find`: how many, and `found`, `has`. */
  readonly find: (text: Encoded) => number;
  /** The phrases that were found, each once; as many as `find` returned. */
  readonly found: Int32Array;
  /** Whether the phrase was found. */
  readonly has: (phrase: number) => boolean;
}

export function emptyEncoded(): Encoded {
  return { words: new Uint16Array(256), count: 0, marks: new Uint16Array(MOST_MARKS), markCount: 0, enhanced: undefined };
}

/** What tokens.ts gives at most. */
const MOST_MARKS = 64;

/**
 * An element of a phrase in one number: a word's number, a set's number or the length of a gap, with the bits below. So all phrases fit
 * into one small array, which stays in the processor's cache.
 */
const VALUE = 0xffff;
const IS_SET = 1 << 16;
// Gaps and optional elements are above all others.
const IS_GAP = 1 << 17;
const IS_OPTIONAL = 1 << 18;

/** No word is required here. */
const ANYTHING = -1;
const ENTRY = 3;

/** A phrase in `Program.code`: its number, its flags, how many elements follow, and how many of them precede the rarest one. */
const HEADER = 4;
const AT_START = 1;
const AT_END = 2;

interface Program {
  /** Phrases one after another: the header, the elements before the rarest one (the nearest first), those after it. */
  readonly code: Int32Array;
  /**
   * The phrases with a word as their rarest one: those of word w from `firsts[w]` to `firsts[w + 1]`, three numbers each. The place in
   * `code`, then the elements right before and after the word, ANYTHING if they are none or a gap. Most phrases fail at those.
   */
  readonly entries: Int32Array;
  readonly firsts: Int32Array;
  /** Bit s of row w: the word w belongs to the set s. A row has `width` numbers. */
  readonly sets: Int32Array;
  readonly width: number;
}

/** @throws Error on a phrase that `phraseProblem` rejects. In built-in rules this is a defect, which their test finds. */
export function compile(texts: readonly string[], lists: WordLists): Phrases {
  const numberOf = new Map<string, number>();
  for (const text of texts) if (!numberOf.has(text)) numberOf.set(text, numberOf.size);
  const raw = Array.from(numberOf.keys(), (text) => {
    const parsed = parse(text, lists);
    if (typeof parsed === 'string') throw new Error(`phrase "${text}": ${parsed}`);
    return parsed;
  });
  const vocabulary = createVocabulary(raw.flatMap(({ elements }) => elements.flatMap(({ terms }) => terms)));
  const program = programOf(raw, vocabulary);
  const { code, entries, firsts } = program;
  const { begin, isMatch, matches } = createMatcher(program);
  const found = new Int32Array(numberOf.size);
  // Entries hold the number of the text in which the phrase was last found, so no reset is needed per text.
  const lastText = new Int32Array(numberOf.size);
  let text = 0;

  return {
    size: numberOf.size,
    numbers: texts.map((one) => numberOf.get(one) as number),
    encode: encoderFor(vocabulary),
    find(encoded) {
      const { words, count: length, marks, markCount } = encoded;
      begin(encoded);
      text = text === 0x7fff_ffff ? 1 : text + 1;
      if (text === 1) lastText.fill(0);
      let count = 0;
      for (let at = 0; at < length; at += 1) {
        const word = words[at] as number;
        if (word === 0) continue;
        const previous = at === 0 ? 0 : (words[at - 1] as number);
        const next = at + 1 === length ? 0 : (words[at + 1] as number);
        const last = firsts[word + 1] as number;
        for (let index = firsts[word] as number; index < last; index += ENTRY) {
          const before = entries[index + 1] as number;
          if (before !== ANYTHING && !isMatch(before, previous)) continue;
          const after = entries[index + 2] as number;
          if (after !== ANYTHING && !isMatch(after, next)) continue;
          const entry = entries[index] as number;
          const phrase = code[entry] as number;
          if (lastText[phrase] === text || !matches(entry, at)) continue;
          lastText[phrase] = text;
          found[count++] = phrase;
        }
      }
      for (let at = 0; at < markCount; at += 1) {
        const mark = marks[at] as number;
        for (let index = firsts[mark] as number; index < (firsts[mark + 1] as number); index += ENTRY) {
          const entry = entries[index] as number;
          const phrase = code[entry] as number;
          // A mark stands alone.
          if (code[entry + 2] !== 0 || lastText[phrase] === text) continue;
          lastText[phrase] = text;
          found[count++] = phrase;
        }
      }
      return count;
    },
    found,
    has: (phrase) => lastText[phrase] === text,
  };
}

function encoderFor({ numberAt }: Vocabulary): Phrases['encode'] {
  let target = emptyEncoded();
  const sink = {
    word(text: string, from: number, end: number): void {
      if (target.count === target.words.length) target.words = grown(target.words);
      target.words[target.count++] = numberAt(text, from, end, 0);
    },
    joined(word: string): void {
      target.words[target.count - 1] = numberAt(word, 0, word.length, 0);
    },
    mark(lead: number, text: string, from: number, end: number): void {
      const number = numberAt(text, from, end, lead);
      if (number !== 0) target.marks[target.markCount++] = number;
    },
    enhanced(code: string): void {
      target.enhanced ??= code;
    },
  };
  return (text, into, isAscii) => {
    target = into;
    into.count = 0;
    into.markCount = 0;
    into.enhanced = undefined;
    scan(text, sink, isAscii);
  };
}

function grown(words: Uint16Array): Uint16Array {
  const more = new Uint16Array(2 * words.length);
  more.set(words);
  return more;
}

interface Matcher {
  /** The text that is matched next. */
  readonly begin: (text: Encoded) => void;
  /** Whether the element, which is a word or a set, matches the word. */
  readonly isMatch: (element: number, word: number) => boolean;
  /** Whether the phrase at `entry` matches around the word at `at`, which is its rarest one. */
  readonly matches: (entry: number, at: number) => boolean;
}

function createMatcher({ code, sets, width }: Program): Matcher {
  let words: Uint16Array = new Uint16Array(0);
  let count = 0;

  function isMatch(element: number, word: number): boolean {
    const value = element & VALUE;
    if ((element & IS_SET) === 0) return value === word;
    return (((sets[word * width + (value >> 5)] as number) >>> (value & 31)) & 1) === 1;
  }

  /** Whether the elements from \`from\` on match the words from \`start\` on. */
  function matchesAfter(from: number, end: number, start: number, atEnd: boolean): boolean {
    let at = start;
    for (let index = from; index < end; index += 1) {
      const element = code[index] as number;
      if ((element & IS_GAP) !== 0) {
        const last = Math.min(at + (element & VALUE), count);
        for (let next = at; next <= last; next += 1) if (matchesAfter(index + 1, end, next, atEnd)) return true;
        return false;
      }
      const matched = at < count && isMatch(element, words[at] as number);
      if ((element & IS_OPTIONAL) === 0) {
        if (!matched) return false;
        at += 1;
      } else if (matched) {
        if (matchesAfter(index + 1, end, at, atEnd)) return true;
        at += 1;
      }
    }
    return !atEnd || at === count;
  }

  /** The same backwards, down from \`start\`. */
  function matchesBefore(from: number, end: number, start: number, atStart: boolean): boolean {
    let at = start;
    for (let index = from; index < end; index += 1) {
      const element = code[index] as number;
      if ((element & IS_GAP) !== 0) {
        const last = Math.max(at - (element & VALUE), -1);
        for (let next = at; next >= last; next -= 1) if (matchesBefore(index + 1, end, next, atStart)) return true;
        return false;
      }
      const matched = at >= 0 && isMatch(element, words[at] as number);
      if ((element & IS_OPTIONAL) === 0) {
        if (!matched) return false;
        at -= 1;
      } else if (matched) {
        if (matchesBefore(index + 1, end, at, atStart)) return true;
        at -= 1;
      }
    }
    return !atStart || at === -1;
  }

  return {
    begin(text) {
      words = text.words;
      count = text.count;
    },
    isMatch,
    matches(entry, at) {
      const flags = code[entry + 1] as number;
      const end = entry + HEADER + (code[entry + 2] as number);
      if (end === entry + HEADER && flags === 0) return true;
      const after = entry + HEADER + (code[entry + 3] as number);
      return (
        matchesAfter(after, end, at + 1, (flags & AT_END) !== 0) && matchesBefore(entry + HEADER, after, at - 1, (flags & AT_START) !== 0)
      );
    },
  };
}

/**
 * In how many of a hundred replies these words occur, roughly. A phrase is indexed by its rarest word, so that few phrases are tried for a
 * reply that does not have them.
 */
const COMMON: readonly (readonly [number, string])[] = [
  [20, 'addr to url fqdn message not ip the for rejected address please recipient is user this'],
  [
    9,
    'error from mail of your in more spam blocked domain has a information email mailbox service or no try host see unavailable by server',
  ],
  [
    5,
    'been unknown visit go later due again too failed our policy that be and delivery at messages quota smtp connection sending sender sorry exceeded name client you on invalid system found temporarily refused dns with does',
  ],
  [
    2.5,
    'using delivered account failure was such recipients contact denied listed users an id limit many spf access are accepted detected size as dmarc allowed record content details reject rate connections spamhaus exist send over cannot could because header list authentication full',
  ],
];
/** Of every other word. */
const RARELY = 0.2;

function programOf(raw: readonly RawPhrase[], vocabulary: Vocabulary): Program {
  const common = new Map(COMMON.flatMap(([often, words]) => words.split(' ').map((word) => [word, often] as const)));
  const setNumbers = new Map<string, number>();
  const sets: (readonly number[])[] = [];
  const numbersOf = ({ terms }: RawElement): readonly number[] => [...new Set(terms.flatMap((term) => vocabulary.numbersFor(term)))];

  function encoded(element: RawElement): number {
    const flags = element.optional ? IS_OPTIONAL : 0;
    if (element.gap > 0) return element.gap | IS_GAP;
    const numbers = numbersOf(element);
    if (numbers.length === 1) return (numbers[0] as number) | flags;
    const key = numbers.join();
    let number = setNumbers.get(key);
    if (number === undefined) setNumbers.set(key, (number = sets.push(numbers) - 1));
    return number | IS_SET | flags;
  }

  const code: number[] = [];
  const byWord = Array.from({ length: vocabulary.size }, (): number[] => []);
  /** What is required beside the rarest word. A word that no phrase contains is 0, which no element matches. */
  const required = (element: number | undefined): number => (element === undefined || element >= IS_GAP ? ANYTHING : element);
  raw.forEach(({ elements, atStart, atEnd }, phrase) => {
    const costs = elements.map((element) =>
      element.gap > 0 || element.optional
        ? Number.POSITIVE_INFINITY
        : numbersOf(element).reduce((sum, number) => sum + (common.get(vocabulary.wordOf(number) ?? '') ?? RARELY), 0),
    );
    const place = costs.indexOf(Math.min(...costs));
    const before = elements.slice(0, place).toReversed().map(encoded);
    const after = elements.slice(place + 1).map(encoded);
    const entry = [code.length, required(before[0]), required(after[0])];
    for (const word of numbersOf(elements[place] as RawElement)) (byWord[word] as number[]).push(...entry);
    code.push(phrase, (atStart ? AT_START : 0) | (atEnd ? AT_END : 0), before.length + after.length, before.length, ...before, ...after);
  });
  const firsts = new Int32Array(vocabulary.size + 1);
  byWord.forEach((list, word) => (firsts[word + 1] = (firsts[word] as number) + list.length));
  const width = Math.ceil(sets.length / 32);
  return {
    code: Int32Array.from(code),
    entries: Int32Array.from(byWord.flat()),
    firsts,
    sets: rowsOf(sets, vocabulary.size, width),
    width,
  };
}

function rowsOf(sets: readonly (readonly number[])[], words: number, width: number): Int32Array {
  const rows = new Int32Array(words * width);
  sets.forEach((numbers, set) => {
    for (const word of numbers) rows[word * width + (set >> 5)] = (rows[word * width + (set >> 5)] as number) | (1 << (set & 31));
  });
  return rows;
}
