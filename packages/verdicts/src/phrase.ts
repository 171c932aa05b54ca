/**
 * The phrase language of the rules. Phrases are sequences of words.
 *
 *   user unknown        these words, adjacent and in this order
 *   reject*             any word with this prefix
 *   user|mailbox        one of these words
 *   @box                one word of a named list (words.ts)
 *   [is|was]            optional
 *   ..3                 a gap of up to three words (at most 8)
 *   ^ user unknown $    start and end of the text
 *   .spamhaus  /6596    a label of a host name, a segment of a link's path
 */
import { tokenise } from './tokens.ts';
import { PREFIX } from './vocabulary.ts';
import type { Term } from './vocabulary.ts';

export type WordLists = Readonly<Record<string, readonly string[]>>;

export interface RawElement {
  readonly terms: readonly Term[];
  readonly gap: number;
  readonly optional: boolean;
}

export interface RawPhrase {
  readonly elements: readonly RawElement[];
  readonly atStart: boolean;
  readonly atEnd: boolean;
}

const LONGEST_GAP = 8;
const MOST_ELEMENTS = 16;
const MOST_GAPS = 3;

/** The syntax error of a phrase; undefined if it is valid. */
export function phraseProblem(text: string, lists: WordLists = {}): string | undefined {
  const parsed = parse(text, lists);
  return typeof parsed === 'string' ? parsed : undefined;
}

/** A phrase, or what is wrong with it. */
export function parse(text: string, lists: WordLists): RawPhrase | string {
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
