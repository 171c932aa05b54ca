/**
 * The phrase language of the rules. Phrases are sequences of words, matched in time linear in the text.
 *
 *   user unknown        these words, adjacent and in this order
 *   reject*             any word with this prefix
 *   user|mailbox        one of these words
 *   @box                one word of a named list (words.ts)
 *   [is|was]            optional
 *   ..3                 a gap of up to three words (at most 8)
 *   ^ user unknown $    start and end of the text
 *   .spamhaus  /6596    a label of a host name, a segment of a link's path
 *
 * Every word of a text is encoded as a number. Every element of a phrase is a table of the numbers that it matches. Gaps are bounded, so
 * a phrase costs a bounded number of steps per word.
 */
import { tokenise } from './tokens.ts';

export type WordLists = Readonly<Record<string, readonly string[]>>;

interface Element {
  /** Elements that match the same words share an id. */
  readonly id: number;
  /** Indexed by word number: 1 if the element matches the word. Undefined for a gap and for a single word. */
  readonly matching: Uint8Array | undefined;
  /** The matched word numbers as a list. */
  readonly numbers: readonly number[];
  /** The only one of them; 0 if there are several. Most elements are one word, and a table for each would fill the processor's cache. */
  readonly only: number;
  readonly gap: number;
  readonly optional: boolean;
}

interface Phrase {
  readonly elements: readonly Element[];
  readonly atStart: boolean;
  readonly atEnd: boolean;
  /** Required elements, the rarest in texts first. */
  readonly needs: readonly Element[];
  /** Ids reported to the caller on a match. Several rules can share a phrase. */
  readonly ids: readonly number[];
}

/** The words and marks of one text as numbers; 0 if no phrase contains the word. */
export interface Encoded {
  readonly words: readonly number[];
  readonly marks: readonly number[];
}

export interface Phrases {
  encode(words: readonly string[], marks: readonly string[]): Encoded;
  /** Ids of the phrases found in the text, each once. */
  find(text: Encoded): number[];
  /** Whether the latest `find` has found this id. */
  readonly has: (id: number) => boolean;
}

export interface PhraseSource {
  readonly text: string;
  readonly id: number;
}

const LONGEST_GAP = 8;
const MOST_ELEMENTS = 16;
const MOST_GAPS = 3;
const PREFIX = 3;

interface Term {
  readonly word: string;
  readonly prefix: boolean;
}
interface RawElement {
  readonly terms: readonly Term[];
  readonly gap: number;
  readonly optional: boolean;
}
interface RawPhrase {
  readonly elements: readonly RawElement[];
  readonly atStart: boolean;
  readonly atEnd: boolean;
}

/** The syntax error of a phrase; undefined if it is valid. */
export function phraseProblem(text: string, lists: WordLists = {}): string | undefined {
  const parsed = parse(text, lists);
  return typeof parsed === 'string' ? parsed : undefined;
}

/** @throws Error on a phrase that `phraseProblem` rejects. In built-in rules this is a defect, which their test finds. */
export function compile(sources: readonly PhraseSource[], lists: WordLists): Phrases {
  const raw = [...idsByText(sources)].map(([text, ids]) => {
    const parsed = parse(text, lists);
    if (typeof parsed === 'string') throw new Error(`phrase "${text}": ${parsed}`);
    return { ...parsed, ids };
  });
  const vocabulary = vocabularyOf(raw);
  const table = createTables(vocabulary);
  const phrases = raw.map(({ elements: rawElements, ...rest }): Phrase => {
    const elements = rawElements.map(table.of);
    return { ...rest, elements, needs: rarestFirst(elements, vocabulary.commonness) };
  });
  const byRarest = phrasesByRarest(phrases, vocabulary.size);
  const presence = createPresence(table.byWord(), table.count());
  const idSet = createIdSet(sources.reduce((most, { id }) => Math.max(most, id), 0) + 1);
  return {
    encode: (words, marks) => ({ words: words.map(vocabulary.numberOf), marks: numbersOf(marks, vocabulary) }),
    find: (text) => find(text, byRarest, presence, idSet),
    has: (id) => idSet.has(id),
  };
}

function idsByText(sources: readonly PhraseSource[]): ReadonlyMap<string, readonly number[]> {
  const ids = new Map<string, number[]>();
  for (const { text, id } of sources) {
    const known = ids.get(text);
    if (known === undefined) ids.set(text, [id]);
    else known.push(id);
  }
  return ids;
}

function numbersOf(marks: readonly string[], { numberOf }: Vocabulary): readonly number[] {
  if (marks.length === 0) return marks as readonly never[];
  return marks.map(numberOf).filter((number) => number !== 0);
}

/** Answers in constant time whether any word of the current text matches an element. */
interface Presence {
  begin(words: readonly number[]): void;
  has(element: Element): boolean;
  /** True on the first call with this number since `begin`. */
  isNew(word: number): boolean;
}

/** `byWord`: the ids of the elements that match each word. */
function createPresence(byWord: readonly (readonly number[])[], elements: number): Presence {
  // Entries hold the number of the text in which the element or word last occurred, so no reset is needed per text.
  const lastText = new Int32Array(elements);
  const met = new Int32Array(byWord.length);
  let text = 0;
  return {
    begin(words) {
      text = text === 0x7fff_ffff ? 1 : text + 1;
      if (text === 1) {
        lastText.fill(0);
        met.fill(0);
      }
      for (let at = 0; at < words.length; at += 1) {
        const word = words[at] as number;
        // Zero is any word that no phrase contains. A repeated word would mark the same elements again.
        if (word === 0 || met[word] === -text) continue;
        met[word] = -text;
        const matched = byWord[word] as readonly number[];
        for (let index = 0; index < matched.length; index += 1) lastText[matched[index] as number] = text;
      }
    },
    has: ({ id }) => lastText[id] === text,
    isNew(word) {
      if (met[word] === text) return false;
      met[word] = text;
      return true;
    },
  };
}

/** The ids that were found in the current text. Rules share phrases, so an id is met many times. */
interface IdSet {
  begin(): void;
  has(id: number): boolean;
  addAll(ids: readonly number[], found: number[]): void;
}

function createIdSet(size: number): IdSet {
  const met = new Int32Array(size);
  let text = 0;
  return {
    begin() {
      text = text === 0x7fff_ffff ? 1 : text + 1;
      if (text === 1) met.fill(0);
    },
    has: (id) => met[id] === text,
    addAll(ids, found) {
      for (let index = 0; index < ids.length; index += 1) {
        const id = ids[index] as number;
        if (met[id] === text) continue;
        met[id] = text;
        found.push(id);
      }
    },
  };
}

function find({ words, marks }: Encoded, byRarest: readonly (readonly Phrase[])[], presence: Presence, idSet: IdSet): number[] {
  const found: number[] = [];
  presence.begin(words);
  idSet.begin();
  for (let at = 0; at < words.length; at += 1) {
    const number = words[at] as number;
    if (number === 0 || !presence.isNew(number)) continue;
    const phrases = byRarest[number] as readonly Phrase[];
    for (let index = 0; index < phrases.length; index += 1) {
      const phrase = phrases[index] as Phrase;
      if (hasAll(phrase.needs, presence) && matches(phrase, words)) idSet.addAll(phrase.ids, found);
    }
  }
  for (const number of marks) {
    for (const { elements, ids } of byRarest[number] as readonly Phrase[]) if (elements.length === 1) idSet.addAll(ids, found);
  }
  return found;
}

/** Skips the first element: the lookup by that element led here. */
function hasAll(needs: readonly Element[], presence: Presence): boolean {
  for (let index = 1; index < needs.length; index += 1) if (!presence.has(needs[index] as Element)) return false;
  return true;
}

function matches(phrase: Phrase, words: readonly number[]): boolean {
  const { elements, atStart, atEnd } = phrase;
  if (elements.length === 1 && !atStart && !atEnd) return true;
  const first = elements[0] as Element;
  const last = atStart ? 1 : words.length;
  for (let start = 0; start < last; start += 1) {
    if (isMatch(first, words[start] as number) && matchesFrom(phrase, 1, words, start + 1)) return true;
  }
  return false;
}

function isMatch({ only, matching }: Element, word: number): boolean {
  return only === 0 ? matching?.[word] === 1 : only === word;
}

function matchesFrom(phrase: Phrase, from: number, words: readonly number[], start: number): boolean {
  const { elements } = phrase;
  let at = start;
  for (let index = from; index < elements.length; index += 1) {
    const element = elements[index] as Element;
    const { gap, optional } = element;
    if (gap > 0) {
      const last = Math.min(at + gap, words.length);
      for (let next = at; next <= last; next += 1) if (matchesFrom(phrase, index + 1, words, next)) return true;
      return false;
    }
    const matched = at < words.length && isMatch(element, words[at] as number);
    if (matched && optional && matchesFrom(phrase, index + 1, words, at)) return true;
    if (matched) at += 1;
    else if (!optional) return false;
  }
  return !phrase.atEnd || at === words.length;
}

function parse(text: string, lists: WordLists): RawPhrase | string {
  const pieces = text.trim().split(/\s+/);
  const atStart = pieces[0] === '^';
  const atEnd = pieces.at(-1) === '$';
  const elements: RawElement[] = [];
  for (const piece of pieces.slice(atStart ? 1 : 0, atEnd ? -1 : undefined)) {
    const read = elementsOf(piece, lists);
    if (typeof read === 'string') return read;
    elements.push(...read);
  }
  const [first] = elements;
  if (first === undefined) return 'has no words';
  if (first.gap > 0 || first.optional) return 'must begin with a word that has to be there';
  if (
    elements.length > 1 &&
    elements.some(({ terms }) => terms.some(({ word }) => /^[./]/.test(word)) && !terms.some(({ word }) => !/^[./]/.test(word)))
  )
    return 'has a part of a host name or link beside words: it stands alone';
  if (elements.length > MOST_ELEMENTS) return `has more than ${MOST_ELEMENTS} words`;
  if (elements.filter(({ gap, optional }) => gap > 0 || optional).length > MOST_GAPS + 2) return 'has too many gaps';
  if (elements.filter(({ gap }) => gap > 0).length > MOST_GAPS) return `has more than ${MOST_GAPS} gaps`;
  return { elements, atStart, atEnd };
}

function elementsOf(piece: string, lists: WordLists): readonly RawElement[] | string {
  const gap = /^\.\.(\d*)$/.exec(piece);
  if (gap !== null) {
    const length = gap[1] === '' ? 3 : Number(gap[1]);
    return length >= 1 && length <= LONGEST_GAP ? [{ terms: [], gap: length, optional: false }] : `a gap is of 1 to ${LONGEST_GAP} words`;
  }
  const optional = piece.startsWith('[') && piece.endsWith(']') && piece.length > 2;
  const alternatives = (optional ? piece.slice(1, -1) : piece).split('|');
  if (alternatives.length === 1 && !optional && !piece.startsWith('@')) return literal(piece);
  const terms: Term[] = [];
  for (const one of alternatives) {
    const words = one.startsWith('@') ? lists[one.slice(1)] : [one];
    if (words === undefined) return `there is no list ${one}`;
    for (const word of words) {
      const read = literal(word);
      if (typeof read === 'string') return read;
      if (read.length !== 1) return `"${word}" is more than one word: write a phrase for each`;
      terms.push(...(read[0] as RawElement).terms);
    }
  }
  return [{ terms, gap: 0, optional }];
}

/** Tokenises a phrase in the same way as a text; a Chinese phrase becomes its characters. */
function literal(piece: string): readonly RawElement[] | string {
  const prefix = piece.endsWith('*');
  const word = prefix ? piece.slice(0, -1) : piece;
  const words = /^[./][^.]/.test(word) ? [word.toLowerCase()] : tokenise(word).words;
  if (words.includes('fqdn') && word !== 'fqdn') return `"${piece.slice(0, 40)}" is a host name: write ".label" for a part of one`;
  if (words.length === 0) return `"${piece.slice(0, 40)}" has no letters`;
  if (prefix && (words.at(-1) as string).length < PREFIX) return `"${piece}" is too short for a beginning: ${PREFIX} letters at least`;
  return words.map((one, index) => ({ terms: [{ word: one, prefix: prefix && index === words.length - 1 }], gap: 0, optional: false }));
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

interface Vocabulary {
  readonly size: number;
  /** In how many of a hundred replies a word occurs, roughly. */
  readonly commonness: (word: number) => number;
  readonly numberOf: (word: string) => number;
  /** All numbers that a term matches. A prefix matches all words and longer prefixes that start with it. */
  numbersFor(term: Term): readonly number[];
}

function vocabularyOf(phrases: readonly RawPhrase[]): Vocabulary {
  const words = new Map<string, number>();
  const prefixes = new Map<string, number>();
  const terms = phrases.flatMap(({ elements }) => elements.flatMap((element) => element.terms));
  let size = 1;
  for (const { word, prefix } of terms) {
    const into = prefix ? prefixes : words;
    if (!into.has(word)) into.set(word, size++);
  }
  const buckets = new Map<string, (readonly [string, number])[]>();
  for (const entry of [...prefixes].sort(([a], [b]) => b.length - a.length)) {
    const bucket = entry[0].slice(0, PREFIX);
    buckets.set(bucket, [...(buckets.get(bucket) ?? []), entry]);
  }
  const all = [...words, ...prefixes];
  const starting = new Map<string, readonly number[]>();
  const common = new Map(COMMON.flatMap(([often, list]) => list.split(' ').map((word) => [words.get(word), often] as const)));
  return {
    size,
    commonness: (number) => common.get(number) ?? RARELY,
    numberOf(word) {
      const exact = words.get(word);
      if (exact !== undefined) return exact;
      const bucket = buckets.get(word.slice(0, PREFIX));
      if (bucket !== undefined) for (const [start, number] of bucket) if (word.startsWith(start)) return number;
      return 0;
    },
    numbersFor({ word, prefix }) {
      if (!prefix) return [words.get(word) as number];
      let numbers = starting.get(word);
      if (numbers === undefined) starting.set(word, (numbers = all.filter(([one]) => one.startsWith(word)).map(([, number]) => number)));
      return numbers;
    },
  };
}

interface Tables {
  readonly of: (element: RawElement) => Element;
  count(): number;
  /** The ids of the elements that match each word. */
  byWord(): readonly (readonly number[])[];
}

function createTables(vocabulary: Vocabulary): Tables {
  const made = new Map<string, Pick<Element, 'id' | 'matching' | 'numbers' | 'only'>>();
  return {
    count: () => made.size + 1,
    byWord() {
      const elementsByWord = Array.from({ length: vocabulary.size }, (): number[] => []);
      for (const { id, numbers } of made.values()) for (const number of numbers) (elementsByWord[number] as number[]).push(id);
      return elementsByWord;
    },
    of({ terms, gap, optional }) {
      if (gap > 0) return { id: 0, matching: undefined, numbers: [], only: 0, gap, optional };
      const key = terms.map(({ word, prefix }) => (prefix ? `${word}*` : word)).join('|');
      let known = made.get(key);
      if (known === undefined) {
        const numbers = [...new Set(terms.flatMap((term) => vocabulary.numbersFor(term)))];
        const only = numbers.length === 1 ? (numbers[0] as number) : 0;
        made.set(key, (known = { id: made.size + 1, matching: only === 0 ? tableOf(numbers, vocabulary.size) : undefined, numbers, only }));
      }
      return { ...known, gap, optional };
    },
  };
}

function tableOf(numbers: readonly number[], size: number): Uint8Array {
  const table = new Uint8Array(size);
  for (const number of numbers) table[number] = 1;
  return table;
}

function rarestFirst(elements: readonly Element[], commonness: (word: number) => number): readonly Element[] {
  const needed = elements.filter(({ gap, optional }) => gap === 0 && !optional);
  const cost = ({ numbers }: Element): number => numbers.reduce((sum, number) => sum + commonness(number), 0);
  return needed.toSorted((a, b) => cost(a) - cost(b));
}

function phrasesByRarest(phrases: readonly Phrase[], size: number): readonly (readonly Phrase[])[] {
  const lists = Array.from({ length: size }, (): Phrase[] => []);
  for (const phrase of phrases) {
    for (const number of phrase.needs[0]?.numbers ?? []) (lists[number] as Phrase[]).push(phrase);
  }
  return lists;
}
