/** The words of all phrases as numbers. A word of a text is looked up where it stands: no string is made for it. */

export interface Term {
  readonly word: string;
  /** The term is any word that starts with `word`. */
  readonly prefix: boolean;
}

export interface Vocabulary {
  /** Numbers are below this. */
  readonly size: number;
  /**
   * The number of the word at these offsets; 0 if no term matches it. The exact word is preferred, then its longest prefix. `lead` is the
   * `.` or `/` of a mark, which is not in the text; 0 for a word.
   */
  readonly numberAt: (text: string, from: number, end: number, lead: number) => number;
  /** All numbers that a term matches. A prefix matches all words and longer prefixes that start with it. */
  numbersFor(term: Term): readonly number[];
  /** The word or prefix with this number. */
  readonly wordOf: (number: number) => string | undefined;
}

/** Minimum length of a prefix. Prefixes are found by their first letters. */
export const PREFIX = 3;

export function createVocabulary(terms: readonly Term[]): Vocabulary {
  const words = new Map<string, number>();
  const prefixes = new Map<string, number>();
  const spelling: string[] = [''];
  for (const { word, prefix } of terms) {
    const into = prefix ? prefixes : words;
    if (!into.has(word)) into.set(word, spelling.push(word) - 1);
  }
  const exact = createWordTable(words);
  const begin = createPrefixTable(prefixes);
  const all = [...words, ...prefixes];
  const starting = new Map<string, readonly number[]>();
  return {
    size: spelling.length,
    numberAt(text, from, end, lead) {
      const number = exact(text, from, end, lead);
      return number === 0 ? begin(text, from, end, lead) : number;
    },
    numbersFor({ word, prefix }) {
      if (!prefix) return [words.get(word) as number];
      let numbers = starting.get(word);
      if (numbers === undefined) starting.set(word, (numbers = all.filter(([one]) => one.startsWith(word)).map(([, number]) => number)));
      return numbers;
    },
    wordOf: (number) => spelling[number],
  };
}

type Lookup = (text: string, from: number, end: number, lead: number) => number;

/** The words in one array of characters. */
interface Spelling {
  readonly chars: Uint16Array;
  /** Offset of each word in `chars`, by its place in the list; one more for the end. */
  readonly starts: Int32Array;
}

function spellingOf(words: readonly string[]): Spelling {
  const starts = new Int32Array(words.length + 1);
  words.forEach((word, index) => (starts[index + 1] = (starts[index] as number) + word.length));
  const chars = new Uint16Array(starts[words.length] as number);
  words.forEach((word, index) => {
    for (let at = 0; at < word.length; at += 1) chars[(starts[index] as number) + at] = word.charCodeAt(at);
  });
  return { chars, starts };
}

/** Open addressing. A slot holds the place of a word in the list plus one; 0 is empty. */
function createWordTable(entries: ReadonlyMap<string, number>): Lookup {
  const words = [...entries.keys()];
  const numbers = Int32Array.from(entries.values());
  const { chars, starts } = spellingOf(words);
  const hashes = Int32Array.from(words, (word) => hashOf(word, isMark(word) ? 1 : 0, word.length, leadOf(word)));
  const mask = sizeFor(2 * words.length) - 1;
  const slots = new Uint16Array(mask + 1);
  hashes.forEach((hash, index) => {
    let slot = slotOf(hash, mask);
    while (slots[slot] !== 0) slot = (slot + 1) & mask;
    slots[slot] = index + 1;
  });
  return (text, from, end, lead) => {
    const hash = hashOf(text, from, end, lead);
    for (let slot = slotOf(hash, mask); slots[slot] !== 0; slot = (slot + 1) & mask) {
      const index = (slots[slot] as number) - 1;
      if (hashes[index] !== hash) continue;
      let at = starts[index] as number;
      if ((starts[index + 1] as number) - at !== end - from + (lead === 0 ? 0 : 1)) continue;
      if (lead !== 0 && chars[at++] !== lead) continue;
      let read = from;
      while (read < end && chars[at] === text.charCodeAt(read)) {
        at += 1;
        read += 1;
      }
      if (read === end) return numbers[index] as number;
    }
    return 0;
  };
}

const isMark = (word: string): boolean => word.startsWith('.') || word.startsWith('/');
const leadOf = (word: string): number => (isMark(word) ? word.charCodeAt(0) : 0);

/** Of a few letters and the length. Words that agree in them are told apart by their letters. */
function hashOf(text: string, from: number, end: number, lead: number): number {
  const length = end - from;
  let hash = Math.imul(text.charCodeAt(from) ^ Math.imul(length, 0x9e3779b1) ^ lead, 0x85ebca6b);
  hash = Math.imul(hash ^ text.charCodeAt(end - 1), 0xc2b2ae35);
  hash ^= Math.imul(text.charCodeAt(from + (length >> 1)), 0x27d4eb2f) ^ Math.imul(text.charCodeAt(from + (length >> 2)), 0x165667b1);
  return hash;
}

const slotOf = (hash: number, mask: number): number => (hash ^ (hash >>> 15)) & mask;

/** Prefixes by their first letters, the longest first. */
function createPrefixTable(entries: ReadonlyMap<string, number>): Lookup {
  const mask = sizeFor(2 * entries.size) - 1;
  const slotFor = (prefix: string): number => startSlot(prefix.charCodeAt(0), prefix.charCodeAt(1), prefix.charCodeAt(2), mask);
  const sorted = [...entries].sort(([a], [b]) => slotFor(a) - slotFor(b) || b.length - a.length);
  const numbers = Int32Array.from(sorted, ([, number]) => number);
  const { chars, starts } = spellingOf(sorted.map(([prefix]) => prefix));
  /** Where the prefixes of a slot begin; those of the next slot follow. */
  const firsts = new Uint16Array(mask + 2);
  for (const [prefix] of sorted) firsts[slotFor(prefix) + 1] = (firsts[slotFor(prefix) + 1] as number) + 1;
  for (let slot = 0; slot <= mask; slot += 1) firsts[slot + 1] = (firsts[slot + 1] as number) + (firsts[slot] as number);
  return (text, from, end, lead) => {
    const first = lead === 0 ? from : from - 1;
    if (end - first < PREFIX) return 0;
    const slot = startSlot(lead === 0 ? text.charCodeAt(first) : lead, text.charCodeAt(first + 1), text.charCodeAt(first + 2), mask);
    const last = firsts[slot + 1] as number;
    for (let index = firsts[slot] as number; index < last; index += 1) {
      let at = starts[index] as number;
      const stop = starts[index + 1] as number;
      if (lead !== 0 && chars[at++] !== lead) continue;
      let read = from;
      while (at < stop && read < end && chars[at] === text.charCodeAt(read)) {
        at += 1;
        read += 1;
      }
      if (at === stop) return numbers[index] as number;
    }
    return 0;
  };
}

function startSlot(first: number, second: number, third: number, mask: number): number {
  return slotOf(Math.imul(first, 0x9e3779b1) ^ Math.imul(second, 0x85ebca6b) ^ Math.imul(third, 0xc2b2ae35), mask);
}

/** The least power of two that is not below. */
function sizeFor(least: number): number {
  let size = 16;
  while (size < least) size *= 2;
  return size;
}
