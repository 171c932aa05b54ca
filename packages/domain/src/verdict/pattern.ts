/**
 * The language of the rules: phrases of words, matched in time linear in the text.
 *
 *   user unknown        these words, next to each other
 *   reject*             any word that starts so
 *   user|mailbox        one of these
 *   @box                one of a named list (words.ts)
 *   [is|was]            may be there
 *   ..3                 up to three words of any kind (at most 8)
 *   ^ user unknown $    nothing before, nothing after
 *   .spamhaus  /6596    a label of a host name, a part of a link's path
 *
 * Every word of a text is one number; every element of a phrase is a table of the numbers it takes. Gaps are bounded, so
 * one phrase costs a bounded number of steps per word.
 */
import { tokenise } from './tokens.ts';

export type WordLists = Readonly<Record<string, readonly string[]>>;

interface Element {
  /** Elements that take the same words share a number. */
  readonly id: number;
  /** By the number of a word: 1 when it is taken. Undefined: a gap. */
  readonly takes: Uint8Array | undefined;
  /** The same as a list. */
  readonly numbers: readonly number[];
  readonly gap: number;
  readonly optional: boolean;
}

interface Phrase {
  readonly elements: readonly Element[];
  readonly atStart: boolean;
  readonly atEnd: boolean;
  /** Elements without which there is no match, the one that is rarest in texts first. */
  readonly needs: readonly Element[];
  /** What the caller wants to be told. */
  readonly id: number;
}

/** Numbers of the words of one text; 0: no phrase has the word. */
export interface Encoded {
  readonly words: readonly number[];
  readonly marks: readonly number[];
}

export interface Phrases {
  encode(words: readonly string[], marks: readonly string[]): Encoded;
  /** Ids of the phrases that are in the text; an id can come more than once. */
  find(text: Encoded): number[];
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

/** What is wrong with a phrase; undefined when nothing is. */
export function phraseProblem(text: string, lists: WordLists = {}): string | undefined {
  const parsed = parse(text, lists);
  return typeof parsed === 'string' ? parsed : undefined;
}

/** @throws Error on a phrase that `phraseProblem` refuses: a defect of the rules, found by their test. */
export function compile(sources: readonly PhraseSource[], lists: WordLists): Phrases {
  const raw = sources.map(({ text, id }) => {
    const parsed = parse(text, lists);
    if (typeof parsed === 'string') throw new Error(`phrase "${text}": ${parsed}`);
    return { ...parsed, id };
  });
  const vocabulary = vocabularyOf(raw);
  const table = createTables(vocabulary);
  const phrases = raw.map(({ elements: rawElements, ...rest }): Phrase => {
    const elements = rawElements.map(table.of);
    return { ...rest, elements, needs: rarestFirst(elements, vocabulary.commonness) };
  });
  const byRarest = phrasesByRarest(phrases, vocabulary.size);
  const presence = createPresence(table.count(), vocabulary.size);
  return {
    encode: (words, marks) => ({ words: words.map(vocabulary.numberOf), marks: known(marks, vocabulary) }),
    find: (text) => find(text, byRarest, presence),
  };
}

function known(marks: readonly string[], { numberOf }: Vocabulary): readonly number[] {
  if (marks.length === 0) return marks as readonly never[];
  return marks.map(numberOf).filter((number) => number !== 0);
}

/** Asked many times of one text: does any of its words fall under this element? */
interface Presence {
  begin(words: readonly number[]): void;
  has(element: Element): boolean;
  /** True the first time that it is asked about this number since `begin`. */
  isNew(word: number): boolean;
}

function createPresence(elements: number, vocabulary: number): Presence {
  // Notes for one text at a time: the number of the text for "absent", its negative for "present".
  const notes = new Int32Array(elements);
  const met = new Int32Array(vocabulary);
  let text = 0;
  let words: readonly number[] = [];
  return {
    begin(next) {
      words = next;
      text = text === 0x7fff_ffff ? 1 : text + 1;
      if (text > 1) return;
      notes.fill(0);
      met.fill(0);
    },
    has({ id, takes }) {
      const note = notes[id];
      if (note === text) return false;
      if (note === -text) return true;
      const present = takes !== undefined && hasOne(words, takes);
      notes[id] = present ? -text : text;
      return present;
    },
    isNew(word) {
      if (met[word] === text) return false;
      met[word] = text;
      return true;
    },
  };
}

function find({ words, marks }: Encoded, byRarest: readonly (readonly Phrase[])[], presence: Presence): number[] {
  const found: number[] = [];
  presence.begin(words);
  for (let at = 0; at < words.length; at += 1) {
    const number = words[at] as number;
    if (number === 0 || !presence.isNew(number)) continue;
    const phrases = byRarest[number] as readonly Phrase[];
    for (let index = 0; index < phrases.length; index += 1) {
      const phrase = phrases[index] as Phrase;
      if (hasAll(phrase.needs, presence) && matches(phrase, words)) found.push(phrase.id);
    }
  }
  for (const number of marks) {
    for (const { elements, id } of byRarest[number] as readonly Phrase[]) if (elements.length === 1) found.push(id);
  }
  return found;
}

function hasOne(words: readonly number[], takes: Uint8Array): boolean {
  for (let at = 0; at < words.length; at += 1) if (takes[words[at] as number] === 1) return true;
  return false;
}

/** The first is there: it led here. */
function hasAll(needs: readonly Element[], presence: Presence): boolean {
  for (let index = 1; index < needs.length; index += 1) if (!presence.has(needs[index] as Element)) return false;
  return true;
}

function matches(phrase: Phrase, words: readonly number[]): boolean {
  const { elements, atStart, atEnd } = phrase;
  if (elements.length === 1 && !atStart && !atEnd) return true;
  const takes = elements[0]?.takes as Uint8Array;
  const last = atStart ? 1 : words.length;
  for (let start = 0; start < last; start += 1) {
    if (takes[words[start] as number] === 1 && matchesFrom(phrase, 1, words, start + 1)) return true;
  }
  return false;
}

function matchesFrom(phrase: Phrase, from: number, words: readonly number[], start: number): boolean {
  const { elements } = phrase;
  let at = start;
  for (let index = from; index < elements.length; index += 1) {
    const { takes, gap, optional } = elements[index] as Element;
    if (takes === undefined) {
      const last = Math.min(at + gap, words.length);
      for (let next = at; next <= last; next += 1) if (matchesFrom(phrase, index + 1, words, next)) return true;
      return false;
    }
    const taken = at < words.length && takes[words[at] as number] === 1;
    if (taken && optional && matchesFrom(phrase, index + 1, words, at)) return true;
    if (taken) at += 1;
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

/** Words are taken apart as those of a text are: a Chinese phrase is its characters. */
function literal(piece: string): readonly RawElement[] | string {
  const prefix = piece.endsWith('*');
  const word = prefix ? piece.slice(0, -1) : piece;
  const words = /^[./][^.]/.test(word) ? [word.toLowerCase()] : tokenise(word).words;
  if (words.includes('fqdn') && word !== 'fqdn') return `"${piece.slice(0, 40)}" is a host name: write ".label" for a part of one`;
  if (words.length === 0) return `"${piece.slice(0, 40)}" has no letters`;
  if (prefix && (words.at(-1) as string).length < PREFIX) return `"${piece}" is too short for a beginning: ${PREFIX} letters at least`;
  return words.map((one, index) => ({ terms: [{ word: one, prefix: prefix && index === words.length - 1 }], gap: 0, optional: false }));
}

/** Words that most replies have: a phrase is looked up by another word of it, if it has one. */
const COMMON =
  'user recipient address mailbox account message mail email host server ip addr fqdn url not is to the for from by in of on has been your this and domain rejected sender please try'.split(
    ' ',
  );
const OFTEN = 40;

interface Vocabulary {
  readonly size: number;
  /** How often a word comes in replies, roughly; 1 for most. */
  readonly commonness: (word: number) => number;
  readonly numberOf: (word: string) => number;
  /** Every number that a term takes: a beginning takes all the words and longer beginnings that start so. */
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
  const common = new Set(COMMON.map((word) => words.get(word)));
  return {
    size,
    commonness: (number) => (common.has(number) ? OFTEN : 1),
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
}

function createTables(vocabulary: Vocabulary): Tables {
  const made = new Map<string, Pick<Element, 'id' | 'takes' | 'numbers'>>();
  return {
    count: () => made.size + 1,
    of({ terms, gap, optional }) {
      if (gap > 0) return { id: 0, takes: undefined, numbers: [], gap, optional };
      const key = terms.map(({ word, prefix }) => (prefix ? `${word}*` : word)).join('|');
      let known = made.get(key);
      if (known === undefined) {
        const takes = new Uint8Array(vocabulary.size);
        const numbers = [...new Set(terms.flatMap((term) => vocabulary.numbersFor(term)))];
        for (const number of numbers) takes[number] = 1;
        made.set(key, (known = { id: made.size + 1, takes, numbers }));
      }
      return { ...known, gap, optional };
    },
  };
}

function rarestFirst(elements: readonly Element[], commonness: (word: number) => number): readonly Element[] {
  const needed = elements.filter(({ takes, optional }) => takes !== undefined && !optional);
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
