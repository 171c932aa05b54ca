/** What is known of a reply or a code, for people: the most precise entry that agrees with the verdict. */
import type { AnsweredReply, AskedReply } from '../asked-reply.ts';
import type { Classifier } from '../classify.ts';
import { counts, isHardBounce } from '../categories.ts';
import type { Category, Verdict } from '../types.ts';
import { CATEGORY_KNOWLEDGE } from './categories.ts';
import { knowledgeOfCode } from './codes.ts';
import type { CodeKnowledge } from './codes.ts';
import type { Knowledge } from './knowledge.ts';
import { codeByStandard } from './registry.ts';
import type { CodeByStandard } from './registry.ts';

/** Knowledge about the code if it agrees with the category, otherwise about the category. */
export function knowledgeFor(category: Category, code: string | undefined, provider: string | undefined): Knowledge {
  const own = code === undefined || code === '' ? [] : knowledgeOfCode(code, provider);
  const { meaning, causes, actions, worryAfterHours } =
    own.find((one) => one.category === category && one.code === code) ?? CATEGORY_KNOWLEDGE[category];
  return { meaning, causes, actions, worryAfterHours };
}

export function knowledgeOfReply({ reply, code, enhanced }: AskedReply, { category, provider }: AnsweredReply): Knowledge {
  const given = [code, enhanced].filter((part) => part !== undefined).join(' ');
  const written = /^\s*(\d{3})(?:[ -](\d\.\d+\.\d+))?/.exec(reply.slice(0, 64));
  const own = given !== '' || written === null ? given : [written[1], written[2]].filter((part) => part !== undefined).join(' ');
  return knowledgeFor(category, own, provider ?? undefined);
}

export interface ExplainedCode extends CodeByStandard {
  /** How a reply of this code and of no words is read. */
  readonly reading: Verdict & Knowledge & { readonly counts: boolean; readonly hardBounce: boolean };
  /** What is known beyond the standard, in general and of providers; the most precise first. */
  readonly entries: readonly CodeKnowledge[];
}

/** Undefined: the text is no code of 4xx or 5xx. */
export function explainCode(classifier: Classifier, asked: string, provider?: string): ExplainedCode | undefined {
  const standard = codeByStandard(asked);
  if (standard === undefined) return undefined;
  const { code } = standard;
  const [, basic, enhanced] = /^(\d{3})?\s?(.+)?$/.exec(code) ?? [];
  const verdict = classifier.classify({
    text: '',
    ...(basic === undefined ? {} : { code: Number(basic) }),
    ...(enhanced === undefined ? {} : { enhanced }),
    ...(provider === undefined ? {} : { provider }),
  });
  const counted = counts(verdict);
  return {
    ...standard,
    reading: {
      ...verdict,
      counts: counted,
      hardBounce: counted && isHardBounce(verdict),
      ...knowledgeFor(verdict.category, code, provider),
    },
    entries: knowledgeOfCode(code, provider),
  };
}
