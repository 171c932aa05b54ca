/** The rules, applied plainly: every rule in its order, every phrase at every word. What the classifier must agree with. */
import { CATEGORIES, isKnownProvider, PROVIDER_MARKS, RULES, WORDS } from '@desist/verdicts';
import type { Category, Reply, Rule, Verdict } from '@desist/verdicts';
import { parse } from '../../../packages/verdicts/src/phrase.ts';
import type { RawElement, RawPhrase } from '../../../packages/verdicts/src/phrase.ts';
import { plainReading } from './read.ts';
import type { PlainReading } from './read.ts';
import { plainTokens } from './tokens.ts';

type Words = Pick<ReturnType<typeof plainTokens>, 'words' | 'marks'>;

export function plainVerdict(reply: Reply): Verdict {
  const reading = plainReading(reply);
  const { code, detail, digit, phase, outer, withTrailer, fromSendingSide } = reading;
  if (reading.empty && code === undefined && detail === undefined)
    return { category: 'unknown', attribution: 'unknown', permanence: 'temporary', rule: 'no_reply' };
  let rule = firstRule(reading, reading.tokens);
  if (outer !== undefined && rule?.text === undefined) {
    const around = firstRule(reading, plainTokens(outer));
    if (around?.text !== undefined) rule = around;
  }
  if (rule === undefined && withTrailer !== undefined) rule = firstRule(reading, withTrailer);
  if (rule === undefined) return verdictOf('unknown', undefined, digit, 'unmatched');
  const category = byPhase(rule.category, phase);
  const verdict = verdictOf(category, category === rule.category ? rule.attribution : undefined, digit, rule.name);
  const own = rowOf(category).attribution;
  return fromSendingSide && (own === 'system' || own === 'unknown') ? { ...verdict, attribution: 'local' } : verdict;
}

function firstRule(reading: PlainReading, text: Words): Rule | undefined {
  const writer = writerOf(reading, text);
  return RULES.find((rule) => {
    const { code, detail, enhanced, digit, phase, provider } = rule;
    const { text: phrases, and, unless = [] } = rule;
    return (
      (code === undefined || (reading.code !== undefined && code.includes(reading.code))) &&
      (detail === undefined || (reading.detail !== undefined && detail.includes(reading.detail))) &&
      (enhanced === undefined || enhanced.includes(`${reading.digit}.${reading.detail}`)) &&
      (digit === undefined || digit === reading.digit) &&
      (phase === undefined || (reading.phase !== undefined && phase.includes(reading.phase))) &&
      (provider === undefined || provider.includes(reading.provider ?? '') || (writer !== undefined && provider.includes(writer))) &&
      (phrases === undefined || phrases.some((one) => occurs(one, text))) &&
      (and === undefined || and.some((one) => occurs(one, text))) &&
      !unless.some((one) => occurs(one, text))
    );
  });
}

/** Hosts in the text identify the writer only if the answering host is not known. */
function writerOf({ provider }: PlainReading, text: Words): string | undefined {
  const isKnown = provider !== undefined && isKnownProvider(provider);
  return PROVIDER_MARKS.find((mark) => !(isKnown && mark.isHost === true) && mark.text.some((one) => occurs(one, text)))?.provider;
}

const parsed = new Map<string, RawPhrase>();

function phraseOf(text: string): RawPhrase {
  let phrase = parsed.get(text);
  if (phrase === undefined) {
    const read = parse(text, WORDS);
    if (typeof read === 'string') throw new Error(read);
    parsed.set(text, (phrase = read));
  }
  return phrase;
}

function occurs(phrase: string, { words, marks }: Words): boolean {
  const { elements, atStart, atEnd } = phraseOf(phrase);
  const [only] = elements;
  if (elements.length === 1 && only !== undefined && marks.some((mark) => isMatch(only, mark))) return true;
  const last = atStart ? Math.min(1, words.length) : words.length;
  for (let start = 0; start < last; start += 1) if (matchesFrom(elements, words, start, atEnd)) return true;
  return false;
}

function matchesFrom(elements: readonly RawElement[], words: readonly string[], at: number, atEnd: boolean): boolean {
  const [element, ...rest] = elements;
  if (element === undefined) return !atEnd || at === words.length;
  if (element.gap > 0) {
    for (let next = at; next <= Math.min(at + element.gap, words.length); next += 1) if (matchesFrom(rest, words, next, atEnd)) return true;
    return false;
  }
  if (at < words.length && isMatch(element, words[at] as string) && matchesFrom(rest, words, at + 1, atEnd)) return true;
  return element.optional && matchesFrom(rest, words, at, atEnd);
}

const isMatch = ({ terms }: RawElement, word: string): boolean =>
  terms.some((term) => (term.prefix ? word.startsWith(term.word) : word === term.word));

const BEFORE_RECIPIENT: readonly (string | undefined)[] = ['connect', 'ehlo', 'starttls', 'auth', 'mail'];

function byPhase(category: Category, phase: string | undefined): Category {
  if (rowOf(category).attribution !== 'recipient') return category;
  if (BEFORE_RECIPIENT.includes(phase)) return phase === 'mail' ? 'sender_rejected' : 'policy_block';
  return category === 'domain_not_found' && (phase === 'data' || phase === 'end_of_data') ? 'sender_rejected' : category;
}

const rowOf = (category: Category): (typeof CATEGORIES)[number] => CATEGORIES.find((one) => one.category === category) ?? CATEGORIES[0]!;

function verdictOf(category: Category, attribution: Verdict['attribution'] | undefined, digit: 4 | 5 | undefined, rule: string): Verdict {
  const row = rowOf(category);
  const permanent = row.lasting === 'permanent' ? digit !== 4 : row.lasting === 'as_said' && digit === 5;
  return { category, attribution: attribution ?? row.attribution, permanence: permanent ? 'permanent' : 'temporary', rule };
}
