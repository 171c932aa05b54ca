/** The pure part: from a reply to its verdict, without memory. */
import type { SmtpPhase } from '../event.ts';
import { categoryInfo, NO_REPLY, permanenceOf } from './categories.ts';
import { compile } from './pattern.ts';
import type { Encoded, PhraseSource } from './pattern.ts';
import { read } from './read.ts';
import type { Reading } from './read.ts';
import type { ProviderMark, Rule } from './rules/rule.ts';
import { tokenise } from './tokens.ts';
import type { Category, Reply, Verdict } from './types.ts';
import { WORDS } from './words.ts';

export interface Prepared extends Reading {
  readonly encoded: Encoded;
  /** `provider` when a rule asks for it: others need no answers of their own. */
  readonly asked: string;
}

export interface Decider {
  prepare(reply: Reply): Prepared;
  verdict(reading: Prepared): Verdict;
  readonly providerIn: (text: string) => string | undefined;
}

const ANY = 'any';

/** Ids of phrases: three per rule, for what must, what also must and what must not be there; then the provider marks. */
const SLOTS = 3;

export function createDecider(rules: readonly Rule[], marks: readonly ProviderMark[]): Decider {
  const phrases = compile([...phrasesOf(rules), ...marks.flatMap(({ text }, index) => sources(text, SLOTS * rules.length + index))], WORDS);
  const asked = new Set(rules.flatMap(({ provider }) => provider ?? []));
  const silent = bySilentCondition(rules);

  function candidates({ detail, code }: Prepared, found: readonly number[]): number[] {
    const indexes: number[] = [];
    for (const id of found) if (id % SLOTS === 0 && id < SLOTS * rules.length) indexes.push(id / SLOTS);
    if (detail !== undefined) indexes.push(...(silent.get(detail) ?? []));
    if (code !== undefined) indexes.push(...(silent.get(code) ?? []));
    indexes.push(...(silent.get(ANY) ?? []));
    return indexes.length < 2 ? indexes : indexes.sort((a, b) => a - b);
  }

  function deciding(reading: Prepared, encoded: Encoded): Rule | undefined {
    const found = phrases.find(encoded);
    const writer = writerOf(found);
    const index = candidates(reading, found).find((one) => holds(rules[one] as Rule, one, reading, found, writer));
    return index === undefined ? undefined : rules[index];
  }

  function writerOf(found: readonly number[]): string | undefined {
    let first = Number.POSITIVE_INFINITY;
    for (const id of found) if (id >= SLOTS * rules.length && id < first) first = id;
    return marks[first - SLOTS * rules.length]?.provider;
  }

  const encode = (text: string): Encoded => {
    const { words, marks: labels } = tokenise(text);
    return phrases.encode(words, labels);
  };

  return {
    prepare(reply) {
      const reading = read(reply);
      const { words, marks: labels } = reading.tokens;
      const { provider } = reading;
      return { ...reading, encoded: phrases.encode(words, labels), asked: provider !== undefined && asked.has(provider) ? provider : '' };
    },
    verdict(reading) {
      if (reading.empty && reading.code === undefined && reading.detail === undefined) return NO_REPLY;
      let rule = deciding(reading, reading.encoded);
      if (reading.outer !== undefined && rule?.text === undefined) {
        const around = deciding(reading, encode(reading.outer));
        if (around?.text !== undefined) rule = around;
      }
      return rule === undefined ? verdictOf('unknown', 'unmatched', reading) : ruled(rule, reading);
    },
    providerIn: (text) => writerOf(phrases.find(encode(text))),
  };
}

function sources(texts: readonly string[] | undefined, id: number): readonly PhraseSource[] {
  return (texts ?? []).map((text) => ({ text, id }));
}

function phrasesOf(rules: readonly Rule[]): readonly PhraseSource[] {
  return rules.flatMap(({ text, and, unless }, index) => [
    ...sources(text, SLOTS * index),
    ...sources(and, SLOTS * index + 1),
    ...sources(unless, SLOTS * index + 2),
  ]);
}

/** Rules without phrases, by the code that they ask for: the enhanced one, otherwise the basic one. */
function bySilentCondition(rules: readonly Rule[]): ReadonlyMap<string | number | undefined, readonly number[]> {
  const found = new Map<string | number | undefined, number[]>();
  rules.forEach(({ text, enhanced, detail, code, provider }, index) => {
    if (text !== undefined) return;
    const details = enhanced?.map((one) => one.slice(2)) ?? detail;
    // What asks for a provider alone is asked of every reply.
    for (const one of details ?? code ?? (provider === undefined ? [] : [ANY])) found.set(one, [...(found.get(one) ?? []), index]);
  });
  return found;
}

function holds(rule: Rule, index: number, reading: Prepared, found: readonly number[], writer: string | undefined): boolean {
  const { code, detail, enhanced, digit, phase, provider, and, unless } = rule;
  if (code !== undefined && (reading.code === undefined || !code.includes(reading.code))) return false;
  if (detail !== undefined && (reading.detail === undefined || !detail.includes(reading.detail))) return false;
  if (enhanced !== undefined && !enhanced.includes(`${reading.digit}.${reading.detail}`)) return false;
  if (digit !== undefined && reading.digit !== digit) return false;
  if (phase !== undefined && (reading.phase === undefined || !phase.includes(reading.phase))) return false;
  if (provider !== undefined && !provider.includes(reading.asked) && (writer === undefined || !provider.includes(writer))) return false;
  if (and !== undefined && !found.includes(SLOTS * index + 1)) return false;
  return unless === undefined || !found.includes(SLOTS * index + 2);
}

function ruled({ category, attribution, name }: Rule, reading: Reading): Verdict {
  const here = atStage(category, reading.phase);
  const verdict = verdictOf(here, name, reading);
  if (reading.ownSide && (verdict.attribution === 'system' || verdict.attribution === 'unknown'))
    return { ...verdict, attribution: 'local' };
  return attribution === undefined || here !== category ? verdict : { ...verdict, attribution };
}

const BEFORE_RECIPIENT: ReadonlySet<SmtpPhase> = new Set(['connect', 'ehlo', 'starttls', 'auth', 'mail']);

/** Before RCPT no recipient was named: whatever the words, it is not about the mailbox. */
function atStage(category: Category, phase: SmtpPhase | undefined): Category {
  if (phase === undefined || !BEFORE_RECIPIENT.has(phase) || categoryInfo(category).attribution !== 'recipient') return category;
  return phase === 'mail' ? 'sender_rejected' : 'policy_block';
}

function verdictOf(category: Category, rule: string, { digit }: Reading): Verdict {
  const { attribution } = categoryInfo(category);
  return { category, attribution, permanence: permanenceOf(category, digit), rule };
}
