/** From a reply to its verdict: the first rule of one list decides. What was decided is remembered for a while. */
import { categoryInfo } from './categories.ts';
import { createDecider } from './decide.ts';
import type { Prepared } from './decide.ts';
import { CODE_RULES } from './rules/codes.ts';
import { PROVIDER_MARKS } from './rules/marks.ts';
import { PROVIDER_CODE_RULES, PROVIDER_RULES } from './rules/provider.ts';
import type { Rule } from './rules/rule.ts';
import { LAST_RULES, WEAK_RULES } from './rules/text-system.ts';
import { TEXT_RULES } from './rules/text.ts';
import type { Reply, Verdict } from './types.ts';

/** Narrow codes that blame nobody's mailbox wrongly: 2.2 is the one clean code about a mailbox. */
const isSafe = ({ detail, category }: Rule): boolean =>
  detail !== undefined && (categoryInfo(category).attribution !== 'recipient' || category === 'mailbox_full');

/** In order of decision: what a provider says itself, what the words say, what a narrow code says, what is left. */
export const RULES: readonly Rule[] = [
  ...PROVIDER_RULES,
  ...TEXT_RULES,
  ...PROVIDER_CODE_RULES,
  ...CODE_RULES.filter(isSafe),
  ...WEAK_RULES,
  ...CODE_RULES.filter((rule) => !isSafe(rule)),
  ...LAST_RULES,
];

export interface Classifier {
  /** What one reply means and whose fault it is. Total: any text has an answer, `unknown` at worst. */
  readonly classify: (reply: Reply) => Verdict;
  /** Whose server wrote the text, as far as its words tell. */
  readonly providerIn: (text: string) => string | undefined;
}

/** Verdicts kept: the same replies come by the million. They never differ, only their cost does. */
const KEPT = 8_192;
/** UTF-16 units of a reply that is kept as it came; words of one that is kept in its normalised form. */
const LONGEST_KEPT = 1_024;
const MOST_WORDS = 256;

/** The built-in rules, after `front`: rules of one's own. */
export function createClassifier(front: readonly Rule[] = [], rules: readonly Rule[] = RULES, kept = KEPT): Classifier {
  const decide = createDecider([...front.map(withoutRateLimits), ...rules], PROVIDER_MARKS);
  const asTheyCame = new Map<string, Verdict>();
  const normalised = new Map<string, Verdict>();

  function byWords(reply: Reply): Verdict {
    const reading = decide.prepare(reply);
    const key = keyOf(reading);
    if (key === undefined) return decide.verdict(reading);
    let verdict = normalised.get(key);
    if (verdict === undefined) {
      if (normalised.size >= kept) normalised.clear();
      normalised.set(key, (verdict = decide.verdict(reading)));
    }
    return verdict;
  }

  return {
    classify(reply) {
      const { text } = reply;
      if (text.length > LONGEST_KEPT) return byWords(reply);
      const key = `${reply.code ?? ''}|${reply.enhanced ?? ''}|${reply.phase ?? ''}|${reply.provider ?? ''}|${text}`;
      let verdict = asTheyCame.get(key);
      if (verdict === undefined) {
        verdict = byWords(reply);
        if (asTheyCame.size >= kept) asTheyCame.clear();
        asTheyCame.set(key, verdict);
      }
      return verdict;
    },
    providerIn: decide.providerIn,
  };
}

/** What the verdict depends on, and nothing else: two replies with equal keys have equal verdicts. */
function keyOf({ code, detail, digit, phase, asked, encoded, outer, empty, ownSide }: Prepared): string | undefined {
  const { words, marks } = encoded;
  if (outer !== undefined || empty || ownSide || words.length > MOST_WORDS) return undefined;
  return `${code ?? ''}|${detail ?? ''}|${digit ?? ''}|${phase ?? ''}|${asked}|${String.fromCharCode(...words)}|${String.fromCharCode(...marks)}`;
}

const RATE_LIMITED = RULES.filter(({ category }) => category === 'recipient_rate_limited').flatMap(({ text }) => text ?? []);

/** A recipient who gets too much mail is never blamed for it, whatever an own rule says. */
function withoutRateLimits(rule: Rule): Rule {
  const attribution = rule.attribution ?? categoryInfo(rule.category).attribution;
  return attribution === 'recipient' ? { ...rule, unless: [...(rule.unless ?? []), ...RATE_LIMITED] } : rule;
}

/** Made when it is first asked: it takes a moment, and not every command asks. */
let builtIn: Classifier | undefined;

/** The built-in rules, after rules of one's own. */
export function classifierOf(rules: readonly Rule[] | undefined): Classifier {
  return rules === undefined || rules.length === 0 ? (builtIn ??= createClassifier()) : createClassifier(rules);
}

/** By the built-in rules. */
export const classify = (reply: Reply): Verdict => classifierOf(undefined).classify(reply);
/** A short name of the provider whose own words or host names are in the text. */
export const providerIn = (text: string): string | undefined => classifierOf(undefined).providerIn(text);
