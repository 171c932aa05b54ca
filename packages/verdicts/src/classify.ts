/** Classifies replies: the first matching rule of an ordered list decides. Verdicts are cached. */
import { categoryInfo } from './categories.ts';
import { createDecider } from './decide.ts';
import { CODE_RULES } from './rules/codes.ts';
import { PROVIDER_MARKS } from './rules/marks.ts';
import { PROVIDER_CODE_RULES, PROVIDER_RULES } from './rules/provider.ts';
import type { Rule } from './rules/rule.ts';
import { LAST_RULES, WEAK_RULES } from './rules/text-system.ts';
import { TEXT_RULES } from './rules/text.ts';
import type { Reply, Verdict } from './types.ts';

/** Enhanced-code rules that cannot wrongly blame a mailbox. 2.2 (mailbox full) is the only reliable code about a mailbox. */
const isSafe = ({ detail, category }: Rule): boolean =>
  detail !== undefined && (categoryInfo(category).attribution !== 'recipient' || category === 'mailbox_full');

/** The rules in order of precedence: provider rules, text rules, narrow codes, then the remaining weak evidence. */
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
  /** What one reply means and whose fault it is. Total: every text gets a verdict, `unknown` at worst. */
  readonly classify: (reply: Reply) => Verdict;
  /** The provider whose server wrote the text, if its words identify one. */
  readonly providerIn: (text: string) => string | undefined;
}

/** Maximum number of cached verdicts. The same replies recur by the million. The cache changes the cost, never the result. */
const KEPT = 8_192;
/** Maximum length of a cached reply in UTF-16 units. */
const LONGEST_KEPT = 1_024;

/** Creates a classifier. `front`: the user's own rules, which precede the built-in rules. `kept`: maximum size of the cache. */
export function createClassifier(front: readonly Rule[] = [], rules: readonly Rule[] = RULES, kept = KEPT): Classifier {
  const decide = createDecider([...front.map(withoutRateLimits), ...rules], PROVIDER_MARKS, front.length);
  const known = new Map<string, Verdict>();
  return {
    classify(reply) {
      const { text } = reply;
      if (kept === 0 || text.length > LONGEST_KEPT) return decide.verdict(reply);
      const key = `${reply.code ?? ''}|${reply.enhanced ?? ''}|${reply.phase ?? ''}|${reply.provider ?? ''}|${text}`;
      let verdict = known.get(key);
      if (verdict === undefined) {
        verdict = decide.verdict(reply);
        if (known.size >= kept) known.clear();
        known.set(key, verdict);
      }
      return verdict;
    },
    providerIn: decide.providerIn,
  };
}

const RATE_LIMITED = RULES.filter(({ category }) => category === 'recipient_rate_limited').flatMap(({ text }) => text ?? []);

/** Keeps a user's rule from blaming the recipient for replies that say the recipient gets too much mail. */
function withoutRateLimits(rule: Rule): Rule {
  const attribution = rule.attribution ?? categoryInfo(rule.category).attribution;
  return attribution === 'recipient' ? { ...rule, unless: [...(rule.unless ?? []), ...RATE_LIMITED] } : rule;
}

/** Created on first use, because compiling the rules takes time and not every command classifies. */
let builtIn: Classifier | undefined;

/** A classifier with the user's own rules before the built-in ones. Without own rules, all callers share one classifier. */
export function classifierOf(rules: readonly Rule[] | undefined): Classifier {
  return rules === undefined || rules.length === 0 ? (builtIn ??= createClassifier()) : createClassifier(rules);
}

/** Classifies a reply by the built-in rules. */
export const classify = (reply: Reply): Verdict => classifierOf(undefined).classify(reply);
/** The short name of the provider whose own words or host names occur in the text; undefined if none do. */
export const providerIn = (text: string): string | undefined => classifierOf(undefined).providerIn(text);
