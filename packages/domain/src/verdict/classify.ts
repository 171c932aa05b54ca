/** From a reply to its verdict: the first rule of one list decides. */
import type { SmtpPhase } from '../event.ts';
import { categoryInfo, NO_REPLY, permanenceOf } from './categories.ts';
import { read } from './read.ts';
import { CODE_RULES } from './rules/codes.ts';
import { PROVIDER_RULES } from './rules/provider.ts';
import type { Reading, Rule } from './rules/rule.ts';
import { TEXT_RULES } from './rules/text.ts';
import type { Category, Reply, Verdict } from './types.ts';

/** In order of decision: what a provider says itself, what the words say, what a narrow code says. */
export const RULES: readonly Rule[] = [...PROVIDER_RULES, ...TEXT_RULES, ...CODE_RULES];

/** Answers kept: the same replies come by the million. They never differ, only their cost does. */
const KEPT = 4_096;
const known = new Map<string, Verdict>();

/** What one reply means and whose fault it is. Total: any text has an answer, `unknown` at worst. */
export function classify(reply: Reply): Verdict {
  const key = `${reply.code ?? ''}|${reply.enhanced ?? ''}|${reply.phase ?? ''}|${reply.provider ?? ''}|${reply.text}`;
  if (key.length > 1_024) return decide(reply);
  let verdict = known.get(key);
  if (verdict === undefined) {
    if (known.size >= KEPT) known.clear();
    known.set(key, (verdict = decide(reply)));
  }
  return verdict;
}

function decide(reply: Reply): Verdict {
  const reading = read(reply);
  if (reading.code === undefined && reading.detail === undefined && reading.raw === '') return NO_REPLY;
  for (const rule of RULES) {
    if (matches(rule, reading)) return verdictOf(atStage(rule.category, reading.phase), rule.name, reading);
  }
  return verdictOf('unknown', 'unmatched', reading);
}

function matches(rule: Rule, reading: Reading): boolean {
  const { code, detail, digit, text, raw, provider, unless } = rule;
  if (code !== undefined && (reading.code === undefined || !code.includes(reading.code))) return false;
  if (detail !== undefined && (reading.detail === undefined || !detail.includes(reading.detail))) return false;
  if (digit !== undefined && reading.digit !== digit) return false;
  if (provider !== undefined && (reading.provider === undefined || !provider.includes(reading.provider))) return false;
  if (text !== undefined && !text.test(reading.text)) return false;
  if (raw !== undefined && !raw.test(reading.raw)) return false;
  return !unless?.test(reading.text);
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
