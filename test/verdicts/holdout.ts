/**
 * How well the rules read replies of sources that they were not written from. A rule set written by hand cannot be
 * trained again without a fifth of its sources; what it learned from them can be taken away. For each fold:
 *
 * - `phrases`: every phrase of every rule that is found in replies of the held-out sources, and in those of no other, is removed.
 *   (A phrase found in no reply at all came from documentation, not from the development set, and stays.)
 * - `words`: besides, every word that only the held-out sources use is blanked in the replies to be read: neither a rule nor
 *   a word list may know it. That takes away documented words too (a provider's own code), so it is a lower bound.
 */
import { compile, createClassifier, emptyEncoded, RULES, tokenise, WORDS } from '@desist/verdicts';
import type { Reply, Rule, Verdict } from '@desist/verdicts';
import type { Labelled } from './corpus.ts';
import { score } from './score.ts';
import type { Score } from './score.ts';

export const FOLDS = 5;

/** Every fifth source, from the largest on: each fold holds out about a fifth of the sources, large and small ones. */
export function foldOfSource(rows: readonly Labelled[]): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>();
  for (const { source } of rows) sizes.set(source, (sizes.get(source) ?? 0) + 1);
  const ordered = [...sizes].sort(([a, sizeA], [b, sizeB]) => sizeB - sizeA || (a < b ? -1 : 1));
  return new Map(ordered.map(([source], index) => [source, index % FOLDS]));
}

export function holdOut(rows: readonly Labelled[], blankWords: boolean): Score {
  const folds = foldOfSource(rows);
  const support = supportOf(rows, folds);
  const classifiers = Array.from({ length: FOLDS }, (_, fold) => createClassifier([], withoutSupport(support, fold)));
  const known = Array.from({ length: FOLDS }, (_, fold) => wordsOf(rows.filter(({ source }) => folds.get(source) !== fold)));
  return score(rows, (reply, row): Verdict => {
    const fold = folds.get(row.source) as number;
    const asked = blankWords ? blanked(reply, known[fold] as ReadonlySet<string>) : reply;
    return (classifiers[fold] as (typeof classifiers)[number]).classify(asked);
  });
}

/** Phrase to the folds whose replies it is found in. */
function supportOf(rows: readonly Labelled[], folds: ReadonlyMap<string, number>): ReadonlyMap<string, ReadonlySet<number>> {
  const texts = [...new Set(RULES.flatMap(({ text, and, unless }) => [...(text ?? []), ...(and ?? []), ...(unless ?? [])]))];
  const phrases = compile(texts, WORDS);
  const encoded = emptyEncoded();
  const support = new Map<string, Set<number>>(texts.map((text) => [text, new Set()]));
  for (const { reply, source } of rows) {
    phrases.encode(reply.text, encoded);
    const found = phrases.find(encoded);
    for (const number of phrases.found.subarray(0, found)) support.get(texts[number] as string)?.add(folds.get(source) as number);
  }
  return support;
}

function withoutSupport(support: ReadonlyMap<string, ReadonlySet<number>>, fold: number): readonly Rule[] {
  const stays = (text: string): boolean => {
    const folds = support.get(text);
    return folds === undefined || folds.size !== 1 || !folds.has(fold);
  };
  return RULES.flatMap((rule): readonly Rule[] => {
    const text = rule.text?.filter(stays);
    const and = rule.and?.filter(stays);
    if (text?.length === 0 || and?.length === 0) return [];
    const unless = rule.unless?.filter(stays) ?? [];
    return [{ ...rule, ...(text === undefined ? {} : { text }), ...(and === undefined ? {} : { and }), unless }];
  });
}

function wordsOf(rows: readonly Labelled[]): ReadonlySet<string> {
  return new Set(rows.flatMap(({ reply }) => tokenise(reply.text).words));
}

/** `zq` is no word of any language. Numbers, addresses and codes stay. */
function blanked(reply: Reply, known: ReadonlySet<string>): Reply {
  const text = reply.text.replaceAll(/[\p{L}\p{M}'][\p{L}\p{M}\p{N}'_-]*/gu, (word) => {
    const parts = tokenise(word).words;
    return parts.every((part) => known.has(part)) ? word : 'zq';
  });
  return { ...reply, text };
}
