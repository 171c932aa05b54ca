/** How a rule is chosen and what becomes of it, told with rules of few words: the real ones stand in rules/. */
import { describe, expect, it } from 'vitest';
import type { SmtpPhase } from '../event.ts';
import { NO_REPLY } from './categories.ts';
import { createDecider } from './decide.ts';
import type { ProviderMark, Rule } from './rules/rule.ts';
import type { Category, Reply, Verdict } from './types.ts';

const rule = (name: string, conditions: Partial<Rule>, category: Category = 'server_busy'): Rule => {
  return { name, category, source: 'test', example: 'test', ...conditions };
};
const MARKS: readonly ProviderMark[] = [
  { provider: 'big', text: ['bigmark', 'largemark'] },
  { provider: 'small', text: ['smallmark'] },
];
function decided(rules: readonly Rule[], reply: Reply | string): Verdict {
  const decider = createDecider(rules, MARKS);
  return decider.verdict(decider.prepare(typeof reply === 'string' ? { text: reply } : reply));
}
const nameOf = (rules: readonly Rule[], reply: Reply | string): string => decided(rules, reply).rule;

describe('a rule decides when all that it asks for holds', () => {
  it('one of its phrases, one of the others, and none of those that must not be there', () => {
    const rules = [rule('r', { text: ['red', 'crimson'], and: ['box', 'crate'], unless: ['painted', 'striped'] })];
    for (const text of ['red box', 'a crate, crimson']) expect(nameOf(rules, text)).toBe('r');
    for (const text of ['red', 'box', 'blue box', 'red box painted', 'striped red crate']) expect(nameOf(rules, text)).toBe('unmatched');
  });

  it('one of its codes', () => {
    const rules = [rule('r', { text: ['red'], code: [450, 451] })];
    expect(['450 red', '451 red', '452 red', 'red'].map((text) => nameOf(rules, text))).toEqual(['r', 'r', 'unmatched', 'unmatched']);
  });

  it('one of its details, whatever the digit', () => {
    const rules = [rule('r', { text: ['red'], detail: ['2.1', '2.2'] })];
    expect(['450 4.2.1 red', '550 5.2.2 red', '550 5.2.3 red', '550 red'].map((text) => nameOf(rules, text))).toEqual([
      'r',
      'r',
      'unmatched',
      'unmatched',
    ]);
  });

  it('one of its whole enhanced codes', () => {
    const rules = [rule('r', { text: ['red'], enhanced: ['4.2.1', '5.2.2'] })];
    expect(['450 4.2.1 red', '550 5.2.2 red', '550 5.2.1 red', '450 red'].map((text) => nameOf(rules, text))).toEqual([
      'r',
      'r',
      'unmatched',
      'unmatched',
    ]);
  });

  it('its digit', () => {
    const rules = [rule('r', { text: ['red'], digit: 4 })];
    expect(['450 red', '4.2.1 red', '550 red', 'red'].map((text) => nameOf(rules, text))).toEqual(['r', 'r', 'unmatched', 'unmatched']);
  });

  it('one of its stages', () => {
    const rules = [rule('r', { text: ['red'], phase: ['data', 'rcpt'] })];
    const at = (phase?: SmtpPhase): string => nameOf(rules, { text: 'red', ...(phase === undefined ? {} : { phase }) });
    expect([at('data'), at('rcpt'), at('mail'), at()]).toEqual(['r', 'r', 'unmatched', 'unmatched']);
  });

  it("its provider, as it is known or as the reply's words tell", () => {
    const rules = [rule('r', { text: ['red'], provider: ['big', 'other'] })];
    const of = (text: string, provider?: string): string => nameOf(rules, { text, ...(provider === undefined ? {} : { provider }) });
    expect([of('red', 'big'), of('red', 'other'), of('red bigmark'), of('red largemark', 'gmail')]).toEqual(['r', 'r', 'r', 'r']);
    expect([of('red', 'small'), of('red smallmark'), of('red')]).toEqual(['unmatched', 'unmatched', 'unmatched']);
  });
});

describe('a rule without phrases', () => {
  const rules = [
    rule('by detail', { detail: ['2.1'] }),
    rule('by enhanced', { enhanced: ['5.7.9'] }),
    rule('by code', { code: [421] }),
    rule('by provider', { provider: ['big'], digit: 5 }),
    rule('code and provider', { code: [431], provider: ['small'] }),
    rule('last', { text: ['red'] }),
  ];

  it.each<[string, string]>([
    ['450 4.2.1 anything', 'by detail'],
    ['550 5.7.9 anything', 'by enhanced'],
    ['450 4.7.9 anything', 'unmatched'],
    ['421 anything', 'by code'],
    ['550 bigmark', 'by provider'],
    ['450 bigmark', 'unmatched'],
    ['431 smallmark', 'code and provider'],
    ['431 anything', 'unmatched'],
    ['550 red', 'last'],
    // The first of the list, whatever it asks for.
    ['421 4.2.1 red', 'by detail'],
    ['421 red', 'by code'],
    ['421 bigmark', 'by code'],
    ['550 bigmark red', 'by provider'],
  ])('is asked of %s: %s', (text, name) => {
    expect(nameOf(rules, text)).toBe(name);
  });

  it('that asks for nothing decides nothing', () => {
    expect(nameOf([rule('empty', { digit: 5 })], '550 anything')).toBe('unmatched');
  });
});

describe('the first rule of the list decides', () => {
  it('wherever its phrase stands in the text', () => {
    const rules = [rule('one', { text: ['red'] }), rule('two', { text: ['blue'] }), rule('three', { code: [450] })];
    expect(nameOf(rules, '450 blue red')).toBe('one');
    expect(nameOf(rules, '450 blue')).toBe('two');
    expect(nameOf(rules, '450 green')).toBe('three');
    expect(nameOf([...rules].reverse(), '450 blue red')).toBe('three');
  });

  it('that of several which share a phrase has its other conditions', () => {
    const rules = [rule('five', { text: ['red'], digit: 5 }), rule('four', { text: ['red'], digit: 4 }), rule('any', { text: ['red'] })];
    expect(['550 red', '450 red', 'red'].map((text) => nameOf(rules, text))).toEqual(['five', 'four', 'any']);
  });
});

describe('a reply that quotes another', () => {
  const rules = [rule('red', { text: ['red'] }), rule('blue', { text: ['blue'] }), rule('by detail', { detail: ['2.1'] })];

  it('means what is quoted', () => {
    expect(nameOf(rules, 'host mx.blue.example blue said: 550 5.2.1 red alert')).toBe('red');
  });

  it('means what is around it when the words of the quotation say nothing', () => {
    expect(nameOf(rules, 'host is blue and said: 550 5.2.1 something')).toBe('blue');
    expect(nameOf(rules, 'host is blue and said: 550 something else')).toBe('blue');
  });

  it('means what its code says when no words do', () => {
    expect(nameOf(rules, 'host is green and said: 550 5.2.1 something')).toBe('by detail');
    expect(nameOf(rules, 'host is green and said: 550 something else')).toBe('unmatched');
  });
});

describe('the verdict', () => {
  it('on nothing is that there is no reply; on a code alone what the code says', () => {
    expect(decided([], '')).toEqual(NO_REPLY);
    expect(decided([], ' \n ')).toEqual(NO_REPLY);
    expect(nameOf([], { text: '', code: 450 })).toBe('unmatched');
    expect(nameOf([], { text: '', enhanced: '4.2.1' })).toBe('unmatched');
  });

  it('without a rule is unknown, as long as the digit says', () => {
    const unmatched = { category: 'unknown', attribution: 'unknown', rule: 'unmatched' };
    expect(decided([], '550 what')).toEqual({ ...unmatched, permanence: 'permanent' });
    expect(decided([], '450 what')).toEqual({ ...unmatched, permanence: 'temporary' });
    expect(decided([], 'what')).toEqual({ ...unmatched, permanence: 'temporary' });
  });

  it('has the attribution of its category, or the one that the rule gives', () => {
    expect(decided([rule('r', { text: ['red'] }, 'user_unknown')], '550 red')).toEqual({
      category: 'user_unknown',
      attribution: 'recipient',
      permanence: 'permanent',
      rule: 'r',
    });
    expect(decided([rule('r', { text: ['red'], attribution: 'sender' }, 'user_unknown')], '550 red')).toMatchObject({
      category: 'user_unknown',
      attribution: 'sender',
    });
  });

  it.each<[SmtpPhase, Category]>([
    ['connect', 'policy_block'],
    ['ehlo', 'policy_block'],
    ['starttls', 'policy_block'],
    ['auth', 'policy_block'],
    ['mail', 'sender_rejected'],
    ['rcpt', 'user_unknown'],
    ['data', 'user_unknown'],
    ['end_of_data', 'user_unknown'],
  ])('at %s is %s, though the words name the mailbox: before RCPT no recipient was named', (phase, category) => {
    const verdict = decided([rule('r', { text: ['red'] }, 'user_unknown')], { text: '550 red', phase });
    expect(verdict).toMatchObject({ category, rule: 'r', attribution: category === 'user_unknown' ? 'recipient' : 'sender' });
  });

  it('before RCPT has the attribution of what it is then, not that of the rule; what blames nobody stays', () => {
    const blaming = [rule('r', { text: ['red'], attribution: 'recipient' }, 'user_unknown')];
    expect(decided(blaming, { text: '550 red', phase: 'mail' }).attribution).toBe('sender');
    const busy = [rule('r', { text: ['red'], attribution: 'local' })];
    expect(decided(busy, { text: '450 red', phase: 'connect' })).toMatchObject({ category: 'server_busy', attribution: 'local' });
  });

  it("is the sending side's when it says that the words are its own and nobody is to blame", () => {
    const own = (category: Category, rest: Partial<Rule> = {}): string =>
      decided([rule('r', { text: ['red'], ...rest }, category)], '450 [internal] red').attribution;
    expect([own('server_busy'), own('unknown'), own('user_unknown'), own('rate_limited')]).toEqual([
      'local',
      'local',
      'recipient',
      'sender',
    ]);
    expect(own('server_busy', { attribution: 'sender' })).toBe('local');
  });
});

describe('whose server wrote the text', () => {
  const { providerIn } = createDecider([rule('r', { text: ['red'], and: ['red'], unless: ['blue'] })], MARKS);

  it('is told by its marks, the first of the list', () => {
    expect(['a bigmark', 'largemark', 'smallmark', 'smallmark bigmark', 'red', ''].map(providerIn)).toEqual([
      'big',
      'big',
      'small',
      'big',
      undefined,
      undefined,
    ]);
  });

  it('is asked only where a rule asks: other providers are all the same', () => {
    const { prepare } = createDecider([rule('r', { text: ['red'], provider: ['big'] })], MARKS);
    const asked = (provider?: string): string => prepare({ text: 'red', ...(provider === undefined ? {} : { provider }) }).asked;
    expect([asked('big'), asked('gmail'), asked()]).toEqual(['big', '', '']);
  });
});
