/** Computes the verdict of a reply. Pure: there is no cache here. */
import type { SmtpPhase } from './smtp.ts';
import { categoryInfo, NO_REPLY, permanenceOf } from './categories.ts';
import { compile, emptyEncoded } from './pattern.ts';
import type { Encoded } from './pattern.ts';
import { codesOf, read } from './read.ts';
import type { Codes, Reading } from './read.ts';
import type { ProviderMark, Rule } from './rules/rule.ts';
import type { Category, Reply, Verdict } from './types.ts';
import { WORDS } from './words.ts';

export interface Decider {
  readonly verdict: (reply: Reply) => Verdict;
  readonly providerIn: (text: string) => string | undefined;
}

/** What the conditions of a rule are tested against. */
interface Match extends Codes {
  readonly phase: SmtpPhase | undefined;
  /** The provider if any rule depends on it; `-` for another one if the text names hosts; otherwise empty. */
  readonly provider: string;
  /** The provider whose words occur in the text. */
  writer: string | undefined;
}

const ANY = 'any';
/** No rule. */
const NONE = -1;
/** A known provider that no rule depends on. */
const ANOTHER_PROVIDER = '-';

/** `own`: the number of leading rules that are the user's. They are matched against the whole text, including a trailer. */
export function createDecider(rules: readonly Rule[], marks: readonly ProviderMark[], own = 0): Decider {
  const texts = [
    ...rules.flatMap(({ text = [], and = [], unless = [] }) => [...text, ...and, ...unless]),
    ...marks.flatMap(({ text }) => text),
  ];
  const phrases = compile(texts, WORDS);
  const numberOf = new Map(texts.map((text, index) => [text, phrases.numbers[index] as number]));
  const rowsFor = (part: 'and' | 'unless'): BitRows =>
    bitRows(phrases.size, rules, (rule) => (rule[part] ?? []).map((text) => numberOf.get(text) as number));
  const rulesByPhrase = indexByPhrase(phrases.size, rules, numberOf);
  const byAnd = rowsFor('and');
  const byUnless = rowsFor('unless');
  const hasUnless = byUnless.isUsed;
  const hasAnd = byAnd.isUsed;
  const markOf = firstMarks(phrases.size, marks, numberOf, () => true);
  const tokenOf = firstMarks(phrases.size, marks, numberOf, ({ isHost }) => isHost !== true);
  const providersInRules = new Set(rules.flatMap(({ provider }) => provider ?? []));
  const rulesByCode = indexByCode(rules);

  const verdicts = verdictsOf(rules);

  // Used anew for each reply. Bit r of the following is rule r.
  const words = emptyEncoded();
  const others = emptyEncoded();
  const around = emptyEncoded();
  const candidates = new Int32Array(byUnless.width);
  const confirmed = new Int32Array(byUnless.width);
  const refuted = new Int32Array(byUnless.width);

  function providerOf(provider: string | undefined, { markCount }: Encoded): string {
    if (provider === undefined || provider.includes('.')) return '';
    if (providersInRules.has(provider)) return provider;
    // That it is another one matters only if the text names hosts.
    return markCount > 0 ? ANOTHER_PROVIDER : '';
  }

  /** The first rule whose conditions are all true, among the first ones; NONE if there is none. */
  function deciding(match: Match, text: Encoded, first = rules.length): number {
    const found = phrases.find(text);
    for (let at = 0; at < candidates.length; at += 1) candidates[at] = confirmed[at] = refuted[at] = 0;
    for (let at = 0; at < found; at += 1) {
      const phrase = phrases.found[at] as number;
      add(rulesByPhrase[phrase]);
      if (hasAnd[phrase] === 1) byAnd.addTo(confirmed, phrase);
      if (hasUnless[phrase] === 1) byUnless.addTo(refuted, phrase);
    }
    match.writer = writerOf(found, match.provider);
    add(rulesByCode.get(match.detail));
    add(rulesByCode.get(match.code));
    add(rulesByCode.get(ANY));
    for (let at = 0; at < candidates.length; at += 1) {
      let bits = (candidates[at] as number) & ~(refuted[at] as number);
      while (bits !== 0) {
        const index = (at << 5) + 31 - Math.clz32(bits & -bits);
        if (index >= first) return NONE;
        const rule = rules[index] as Rule;
        if (matches(rule, match) && (rule.and === undefined || (((confirmed[at] as number) >>> (index & 31)) & 1) === 1)) return index;
        bits &= bits - 1;
      }
    }
    return NONE;
  }

  function add(indexes: readonly number[] | undefined): void {
    if (indexes === undefined) return;
    for (let at = 0; at < indexes.length; at += 1) {
      const index = indexes[at] as number;
      candidates[index >> 5] = (candidates[index >> 5] as number) | (1 << (index & 31));
    }
  }

  /** If it is known who answered, the name of another provider's host in the text is no sign of who wrote it; its own tokens are. */
  function writerOf(found: number, provider: string): string | undefined {
    const firstOf = provider === '' ? markOf : tokenOf;
    let first = marks.length;
    for (let at = 0; at < found; at += 1) first = Math.min(first, firstOf[phrases.found[at] as number] as number);
    return first === marks.length ? undefined : marks[first]?.provider;
  }

  /** Encodes the evidence. Links in the trailer still identify the provider, so its marks are kept. True if there is a trailer. */
  function encode({ text, withTrailer, isAscii }: Reading): boolean {
    phrases.encode(text, words, isAscii);
    if (withTrailer === undefined) return false;
    const isAll = words.count === 0;
    phrases.encode(withTrailer, isAll ? words : others, isAscii);
    if (isAll) return false;
    words.marks.set(others.marks);
    words.markCount = others.markCount;
    words.enhanced = others.enhanced;
    return true;
  }

  return {
    verdict(reply) {
      const reading = read(reply);
      const hasTrailer = encode(reading);
      const { code, detail, digit } = codesOf(reading, words.enhanced);
      if (reading.empty && code === undefined && detail === undefined) return NO_REPLY;
      const match: Match = { code, detail, digit, phase: reading.phase, provider: providerOf(reading.provider, words), writer: undefined };
      let decided = hasTrailer && own > 0 ? deciding(match, others, own) : NONE;
      if (decided === NONE) decided = deciding(match, words);
      if (reading.outer !== undefined && rules[decided]?.text === undefined) {
        phrases.encode(reading.outer, around, reading.isAscii);
        const byOuter = deciding(match, around);
        if (rules[byOuter]?.text !== undefined) decided = byOuter;
      }
      if (decided === NONE && hasTrailer) decided = deciding(match, others);
      return verdicts.of(decided, match, reading.fromSendingSide);
    },
    providerIn(text) {
      phrases.encode(text, words);
      return writerOf(phrases.find(words), '');
    },
  };
}

/** For each phrase the first mark that has it; the number of marks if none does. */
function firstMarks(
  phrases: number,
  marks: readonly ProviderMark[],
  numberOf: ReadonlyMap<string, number>,
  isMeant: (mark: ProviderMark) => boolean,
): Int32Array {
  const first = new Int32Array(phrases).fill(marks.length);
  marks.forEach((mark, index) => {
    if (!isMeant(mark)) return;
    for (const text of mark.text) {
      const phrase = numberOf.get(text) as number;
      first[phrase] = Math.min(first[phrase] as number, index);
    }
  });
  return first;
}

/** The rules that each phrase is evidence for. */
function indexByPhrase(
  phrases: number,
  rules: readonly Rule[],
  numberOf: ReadonlyMap<string, number>,
): readonly (readonly number[] | undefined)[] {
  const found = Array.from({ length: phrases }, (): number[] | undefined => undefined);
  rules.forEach(({ text = [] }, index) => {
    for (const one of text) {
      const phrase = numberOf.get(one) as number;
      found[phrase] = [...(found[phrase] ?? []), index];
    }
  });
  return found;
}

/** For each phrase the rules that have it, a bit each. */
interface BitRows {
  /** Numbers of 32 bits in a row. */
  readonly width: number;
  /** 1 if any rule has the phrase. */
  readonly isUsed: Uint8Array;
  addTo(bits: Int32Array, phrase: number): void;
}

function bitRows(phrases: number, rules: readonly Rule[], phrasesOf: (rule: Rule) => readonly number[]): BitRows {
  const width = Math.ceil(rules.length / 32);
  const rows = new Int32Array(phrases * width);
  const isUsed = new Uint8Array(phrases);
  rules.forEach((rule, index) => {
    for (const phrase of phrasesOf(rule)) {
      const at = phrase * width + (index >> 5);
      rows[at] = (rows[at] as number) | (1 << (index & 31));
      isUsed[phrase] = 1;
    }
  });
  return {
    width,
    isUsed,
    addTo(bits, phrase) {
      for (let at = 0; at < width; at += 1) bits[at] = (bits[at] as number) | (rows[phrase * width + at] as number);
    },
  };
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

function matches(rule: Rule, match: Match): boolean {
  const { code, detail, enhanced, digit, phase, provider } = rule;
  if (code !== undefined && (match.code === undefined || !code.includes(match.code))) return false;
  if (detail !== undefined && (match.detail === undefined || !detail.includes(match.detail))) return false;
  if (enhanced !== undefined && !enhanced.includes(`${match.digit}.${match.detail}`)) return false;
  if (digit !== undefined && match.digit !== digit) return false;
  if (phase !== undefined && (match.phase === undefined || !phase.includes(match.phase))) return false;
  return provider === undefined || provider.includes(match.provider) || (match.writer !== undefined && provider.includes(match.writer));
}

interface Verdicts {
  /** The verdict of the rule with this index; of no rule for NONE. */
  of(index: number, match: Match, fromSendingSide: boolean): Verdict;
}

/** Verdicts are immutable, so one is made for each rule and digit and shared by all replies. */
function verdictsOf(rules: readonly Rule[]): Verdicts {
  const made = Array.from({ length: 3 * (rules.length + 1) }, (): Verdict | undefined => undefined);
  return {
    of(index, match, fromSendingSide) {
      const rule = index === NONE ? UNMATCHED : (rules[index] as Rule);
      if (fromSendingSide || correctedByPhase(rule.category, match.phase) !== rule.category) return ruled(rule, match, fromSendingSide);
      return (made[3 * (index + 1) + (match.digit === undefined ? 0 : match.digit - 3)] ??= ruled(rule, match, false));
    },
  };
}

const UNMATCHED: Rule = { name: 'unmatched', category: 'unknown', source: '', example: '' };

function ruled({ category, attribution, name }: Rule, { digit, phase }: Match, fromSendingSide: boolean): Verdict {
  const corrected = correctedByPhase(category, phase);
  const own = categoryInfo(corrected).attribution;
  const blamed = attribution === undefined || corrected !== category ? own : attribution;
  const isNobody = name !== UNMATCHED.name && fromSendingSide && (own === 'system' || own === 'unknown');
  return { category: corrected, attribution: isNobody ? 'local' : blamed, permanence: permanenceOf(corrected, digit), rule: name };
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
