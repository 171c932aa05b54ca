/** The section `rules`: rules of the installation, which are tried before the built-in ones. Each must match its own example. */
import { createClassifier, phraseProblem, WORDS } from '@desist/verdicts';
import type { Attribution, Category, Rule } from '@desist/verdicts';
import type { Problems } from './problems.ts';
import { nearest } from './problems.ts';
import { found } from './schema.ts';
import type { Raw } from './schema.ts';
import { ATTRIBUTIONS, BUILT_IN, isCategory } from './words.ts';

/** Keys of one rule. */
export const RULE_KEYS = ['provider', 'code', 'enhanced', 'text', 'unless', 'category', 'attribution', 'example'] as const;
type RuleKey = (typeof RULE_KEYS)[number];

export const MOST_RULES = 500;
const MOST_ENTRIES = 100;
const LONGEST = 500;

/** A value of a rule with its place and path. */
export interface RuleEntry {
  readonly raw: Raw;
  readonly offset: number;
  readonly path: string;
}

/** The rule; undefined when it has mistakes, which are reported to `problems`. */
export function readOwnRule(
  name: string,
  at: { readonly offset: number; readonly path: string },
  entries: ReadonlyMap<string, RuleEntry>,
  problems: Problems,
): Rule | undefined {
  let good = true;
  const wrong = (entry: { readonly offset: number; readonly path: string }, problem: string, hint?: string): undefined => {
    problems.add(entry.offset, entry.path, problem, hint);
    good = false;
    return undefined;
  };
  const texts = (key: RuleKey, check: (text: string) => string | undefined): readonly string[] | undefined => {
    const entry = entries.get(key);
    if (entry === undefined) return undefined;
    const items = entry.raw.kind === 'list' ? entry.raw.items : [entry.raw];
    if (items.length === 0 || items.length > MOST_ENTRIES) return wrong(entry, `must have 1 to ${MOST_ENTRIES} entries`);
    return items.flatMap((item) => {
      const problem = item.kind === 'list' || item.text.length > LONGEST ? 'must be a short text' : check(item.text);
      if (problem !== undefined) wrong(entry, problem);
      return item.kind === 'list' ? [] : [item.text];
    });
  };
  const one = (key: RuleKey): { readonly text: string; readonly entry: RuleEntry } | undefined => {
    const entry = entries.get(key);
    if (entry === undefined) return undefined;
    return entry.raw.kind === 'list' || entry.raw.text.length > 10 * LONGEST
      ? wrong(entry, 'must be one text')
      : { text: entry.raw.text, entry };
  };

  const category = one('category');
  if (category === undefined) wrong(at, 'has no category', 'as in docs/verdicts.md');
  else if (!isCategory(category.text)) {
    const meant = nearest(category.text, [...BUILT_IN.keys()]);
    wrong(category.entry, `is no known category, ${found(category.entry.raw)}`, meant === undefined ? undefined : `did you mean ${meant}?`);
  }
  const attribution = one('attribution');
  if (attribution !== undefined && !(ATTRIBUTIONS as readonly string[]).includes(attribution.text))
    wrong(attribution.entry, `must be one of ${ATTRIBUTIONS.join(', ')}, ${found(attribution.entry.raw)}`);
  if (category?.text === 'recipient_rate_limited' && attribution?.text === 'recipient')
    wrong(attribution.entry, 'must never count against the recipient', 'the reply says that the mailbox gets mail, and too much of it');
  const example = one('example');
  if (example === undefined) wrong(at, 'has no example', 'a reply that this rule is for: it is checked at every start');
  const provider = texts('provider', (text) =>
    /^[a-z0-9][a-z0-9.-]*$/.test(text) ? undefined : `is no provider: ${JSON.stringify(text)}`,
  );
  const code = texts('code', (text) =>
    /^[45]\d\d$/.test(text) ? undefined : `must be reply codes from 400 to 599, not ${JSON.stringify(text)}`,
  );
  const enhanced = texts('enhanced', (text) =>
    /^[45]\.\d{1,3}\.\d{1,3}$/.test(text) ? undefined : `must be enhanced codes as in 4.2.1, not ${JSON.stringify(text)}`,
  );
  const phrase = (text: string): string | undefined => {
    const problem = phraseProblem(text, WORDS);
    return problem === undefined ? undefined : `the phrase ${JSON.stringify(text)} ${problem}`;
  };
  const text = texts('text', phrase);
  const unless = texts('unless', phrase);
  if (provider === undefined && code === undefined && enhanced === undefined && text === undefined)
    wrong(at, 'matches everything', 'give at least one of provider, code, enhanced, text');
  if (!good || category === undefined || example === undefined) return undefined;
  return {
    name: `own.${name}`,
    category: category.text as Category,
    source: 'policy file',
    example: example.text,
    ...(attribution === undefined ? {} : { attribution: attribution.text as Attribution }),
    ...(provider === undefined ? {} : { provider }),
    ...(code === undefined ? {} : { code: code.map(Number) }),
    ...(enhanced === undefined ? {} : { enhanced }),
    ...(text === undefined ? {} : { text }),
    ...(unless === undefined ? {} : { unless }),
  };
}

/** Checks that each rule decides its example, with all rules together, because an earlier rule may match the example of a later one. */
export function checkExamples(
  rules: readonly Rule[],
  placeOf: (rule: Rule) => { readonly offset: number; readonly path: string },
  problems: Problems,
): void {
  if (rules.length === 0) return;
  const { classify } = createClassifier(rules);
  for (const rule of rules) {
    const [provider] = rule.provider ?? [];
    const verdict = classify({ text: rule.example, ...(provider === undefined ? {} : { provider }) });
    if (verdict.rule === rule.name) continue;
    const { offset, path } = placeOf(rule);
    problems.add(
      offset,
      path,
      `does not decide its own example: ${verdict.rule} does`,
      'a rule must match its example, and no rule above it may',
    );
  }
}
