/** Computes the verdict of a reply. Pure: there is no cache here. */
import type { SmtpPhase } from './smtp.ts';
import { categoryInfo, NO_REPLY, permanenceOf } from './categories.ts';
import { compile } from './pattern.ts';
import type { Encoded, PhraseSource } from './pattern.ts';
import { read } from './read.ts';
import type { Reading } from './read.ts';
import type { ProviderMark, Rule } from './rules/rule.ts';
import { tokenise } from './tokens.ts';
import type { Tokens } from './tokens.ts';
import type { Category, Reply, Verdict } from './types.ts';
import { WORDS } from './words.ts';

export interface Prepared extends Reading {
  readonly encoded: Encoded;
  /** The provider if any rule depends on it; `-` for another one if the text names hosts; otherwise empty. Equal keys can share verdicts. */
  readonly providerKey: string;
}

export interface Decider {
  prepare(reply: Reply): Prepared;
  verdict(reading: Prepared): Verdict;
  readonly providerIn: (text: string) => string | undefined;
}

const ANY = 'any';
/** A known provider that no rule depends on. */
const ANOTHER_PROVIDER = '-';

/** Phrase ids per rule: one each for `text`, `and` and `unless`. The ids of the provider marks follow after all rules. */
const PHRASES_PER_RULE = 3;

/** `own`: the number of leading rules that are the user's. They are matched against the whole text, including a trailer. */
export function createDecider(rules: readonly Rule[], marks: readonly ProviderMark[], own = 0): Decider {
  const phrases = compile(
    [...phrasesOf(rules), ...marks.flatMap(({ text }, index) => sources(text, PHRASES_PER_RULE * rules.length + index))],
    WORDS,
  );
  const providersInRules = new Set(rules.flatMap(({ provider }) => provider ?? []));
  const rulesByCode = indexByCode(rules);

  function keyOfProvider(provider: string | undefined, { marks: hosts }: Encoded): string {
    if (provider === undefined || provider.includes('.')) return '';
    if (providersInRules.has(provider)) return provider;
    // That it is another one matters only if the text names hosts.
    return hosts.length > 0 ? ANOTHER_PROVIDER : '';
  }

  function candidates({ detail, code }: Prepared, found: readonly number[]): number[] {
    const indexes: number[] = [];
    for (const id of found) if (id % PHRASES_PER_RULE === 0 && id < PHRASES_PER_RULE * rules.length) indexes.push(id / PHRASES_PER_RULE);
    if (detail !== undefined) indexes.push(...(rulesByCode.get(detail) ?? []));
    if (code !== undefined) indexes.push(...(rulesByCode.get(code) ?? []));
    indexes.push(...(rulesByCode.get(ANY) ?? []));
    return indexes.length < 2 ? indexes : indexes.sort((a, b) => a - b);
  }

  function deciding(reading: Prepared, text: Encoded, first = rules.length): Rule | undefined {
    const found = phrases.find(text);
    const writer = writerOf(found, reading);
    const match = { reading, has: phrases.has, writer };
    const index = candidates(reading, found).find((one) => one < first && matches(rules[one] as Rule, one, match));
    return index === undefined ? undefined : rules[index];
  }

  /** If it is known who answered, the name of another provider's host in the text is no sign of who wrote it; its own tokens are. */
  function writerOf(found: readonly number[], { providerKey }: Pick<Prepared, 'providerKey'>): string | undefined {
    let first = Number.POSITIVE_INFINITY;
    for (const id of found) {
      if (id < PHRASES_PER_RULE * rules.length || id >= first) continue;
      if (providerKey !== '' && marks[id - PHRASES_PER_RULE * rules.length]?.isHost === true) continue;
      first = id;
    }
    return marks[first - PHRASES_PER_RULE * rules.length]?.provider;
  }

  const encoded = ({ words, marks: labels }: Tokens): Encoded => phrases.encode(words, labels);
  const encode = (text: string): Encoded => encoded(tokenise(text));

  return {
    prepare(reply) {
      const reading = read(reply);
      const own = encoded(reading.tokens);
      return {
        ...reading,
        encoded: own,
        providerKey: keyOfProvider(reading.provider, own),
      };
    },
    verdict(reading) {
      if (reading.empty && reading.code === undefined && reading.detail === undefined) return NO_REPLY;
      const whole = reading.withTrailer === undefined ? undefined : encoded(reading.withTrailer);
      let rule = whole === undefined || own === 0 ? undefined : deciding(reading, whole, own);
      rule ??= deciding(reading, reading.encoded);
      if (reading.outer !== undefined && rule?.text === undefined) {
        const around = deciding(reading, encode(reading.outer));
        if (around?.text !== undefined) rule = around;
      }
      if (rule === undefined && whole !== undefined) rule = deciding(reading, whole);
      return rule === undefined ? verdictOf('unknown', 'unmatched', reading) : ruled(rule, reading);
    },
    providerIn: (text) => writerOf(phrases.find(encode(text)), { providerKey: '' }),
  };
}

function sources(texts: readonly string[] | undefined, id: number): readonly PhraseSource[] {
  return (texts ?? []).map((text) => ({ text, id }));
}

function phrasesOf(rules: readonly Rule[]): readonly PhraseSource[] {
  return rules.flatMap(({ text, and, unless }, index) => [
    ...sources(text, PHRASES_PER_RULE * index),
    ...sources(and, PHRASES_PER_RULE * index + 1),
    ...sources(unless, PHRASES_PER_RULE * index + 2),
  ]);
}

/** Rules without phrases, indexed by the code that they require: the enhanced code, otherwise the basic one. */
function indexByCode(rules: readonly Rule[]): ReadonlyMap<string | number | undefined, readonly number[]> {
  const found = new Map<string | number | undefined, number[]>();
  rules.forEach(({ text, enhanced, detail, code, provider }, index) => {
    if (text !== undefined) return;
    const details = enhanced?.map((one) => one.slice(2)) ?? detail;
    // A rule that requires only a provider is a candidate for every reply.
    for (const one of details ?? code ?? (provider === undefined ? [] : [ANY])) found.set(one, [...(found.get(one) ?? []), index]);
  });
  return found;
}

/** What the conditions of a rule are tested against. */
interface Match {
  readonly reading: Prepared;
  /** Whether the phrases with this id occur in the text. */
  readonly has: (id: number) => boolean;
  /** The provider whose words occur in the text. */
  readonly writer: string | undefined;
}

function matches(rule: Rule, index: number, { reading, has, writer }: Match): boolean {
  const { code, detail, enhanced, digit, phase, provider, and, unless } = rule;
  if (code !== undefined && (reading.code === undefined || !code.includes(reading.code))) return false;
  if (detail !== undefined && (reading.detail === undefined || !detail.includes(reading.detail))) return false;
  if (enhanced !== undefined && !enhanced.includes(`${reading.digit}.${reading.detail}`)) return false;
  if (digit !== undefined && reading.digit !== digit) return false;
  if (phase !== undefined && (reading.phase === undefined || !phase.includes(reading.phase))) return false;
  if (provider !== undefined && !provider.includes(reading.providerKey) && (writer === undefined || !provider.includes(writer)))
    return false;
  if (and !== undefined && !has(PHRASES_PER_RULE * index + 1)) return false;
  return unless === undefined || !has(PHRASES_PER_RULE * index + 2);
}

function ruled({ category, attribution, name }: Rule, reading: Reading): Verdict {
  const corrected = correctedByPhase(category, reading.phase);
  const verdict = verdictOf(corrected, name, reading);
  if (reading.fromSendingSide && (verdict.attribution === 'system' || verdict.attribution === 'unknown'))
    return { ...verdict, attribution: 'local' };
  return attribution === undefined || corrected !== category ? verdict : { ...verdict, attribution };
}

const BEFORE_RECIPIENT: ReadonlySet<SmtpPhase> = new Set(['connect', 'ehlo', 'starttls', 'auth', 'mail']);

/**
 * Corrects a category by the SMTP phase. Before RCPT no recipient was named, so the reply cannot be about the mailbox, whatever its words.
 * After DATA the server has accepted the recipient, so a domain that it does not find is the sender's.
 */
function correctedByPhase(category: Category, phase: SmtpPhase | undefined): Category {
  if (phase === undefined || categoryInfo(category).attribution !== 'recipient') return category;
  if (phase === 'data' || phase === 'end_of_data') return category === 'domain_not_found' ? 'sender_rejected' : category;
  if (!BEFORE_RECIPIENT.has(phase)) return category;
  return phase === 'mail' ? 'sender_rejected' : 'policy_block';
}

function verdictOf(category: Category, rule: string, { digit }: Reading): Verdict {
  const { attribution } = categoryInfo(category);
  return { category, attribution, permanence: permanenceOf(category, digit), rule };
}
