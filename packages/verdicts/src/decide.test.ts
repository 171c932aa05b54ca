/** How a rule is chosen and what verdict results, with short rules made for the test. The real rules are in rules/. */
import { describe, expect, it } from 'vitest';
import type { SmtpPhase } from './smtp.ts';
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
  return createDecider(rules, MARKS).verdict(typeof reply === 'string' ? { text: reply } : reply);
}
const nameOf = (rules: readonly Rule[], reply: Reply | string): string => decided(rules, reply).rule;

describe('a rule decides if all its conditions are true', () => {
  it('phrases: one of `text`, one of `and`, none of `unless`', () => {
    const rules = [rule('r', { text: ['red', 'crimson'], and: ['box', 'crate'], unless: ['painted', 'striped'] })];
    for (const text of ['red box', 'a crate, crimson']) expect(nameOf(rules, text)).toBe('r');
    for (const text of ['red', 'box', 'blue box', 'red box painted', 'striped red crate']) expect(nameOf(rules, text)).toBe('unmatched');
  });

  it('one of its basic codes', () => {
    const rules = [rule('r', { text: ['red'], code: [450, 451] })];
    expect(['450 red', '451 red', '452 red', 'red'].map((text) => nameOf(rules, text))).toEqual(['r', 'r', 'unmatched', 'unmatched']);
  });

  it('one of its details (subject and detail of the enhanced code), with any first digit', () => {
    const rules = [rule('r', { text: ['red'], detail: ['2.1', '2.2'] })];
    expect(['450 4.2.1 red', '550 5.2.2 red', '550 5.2.3 red', '550 red'].map((text) => nameOf(rules, text))).toEqual([
      'r',
      'r',
      'unmatched',
      'unmatched',
    ]);
  });

  it('one of its full enhanced codes', () => {
    const rules = [rule('r', { text: ['red'], enhanced: ['4.2.1', '5.2.2'] })];
    expect(['450 4.2.1 red', '550 5.2.2 red', '550 5.2.1 red', '450 red'].map((text) => nameOf(rules, text))).toEqual([
      'r',
      'r',
      'unmatched',
      'unmatched',
    ]);
  });

  it('its first digit', () => {
    const rules = [rule('r', { text: ['red'], digit: 4 })];
    expect(['450 red', '4.2.1 red', '550 red', 'red'].map((text) => nameOf(rules, text))).toEqual(['r', 'r', 'unmatched', 'unmatched']);
  });

  it('one of its SMTP phases', () => {
    const rules = [rule('r', { text: ['red'], phase: ['data', 'rcpt'] })];
    const at = (phase?: SmtpPhase): string => nameOf(rules, { text: 'red', ...(phase === undefined ? {} : { phase }) });
    expect([at('data'), at('rcpt'), at('mail'), at()]).toEqual(['r', 'r', 'unmatched', 'unmatched']);
  });

  it('its provider, as given or as identified by words of the reply', () => {
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
    // The first in the list, whatever its conditions.
    ['421 4.2.1 red', 'by detail'],
    ['421 red', 'by code'],
    ['421 bigmark', 'by code'],
    ['550 bigmark red', 'by provider'],
  ])('is tested against %s: %s', (text, name) => {
    expect(nameOf(rules, text)).toBe(name);
  });

  it('decides nothing if it has no condition', () => {
    expect(nameOf([rule('empty', { digit: 5 })], '550 anything')).toBe('unmatched');
  });
});

describe('the first matching rule in the list decides', () => {
  it('wherever its phrase occurs in the text', () => {
    const rules = [rule('one', { text: ['red'] }), rule('two', { text: ['blue'] }), rule('three', { code: [450] })];
    expect(nameOf(rules, '450 blue red')).toBe('one');
    expect(nameOf(rules, '450 blue')).toBe('two');
    expect(nameOf(rules, '450 green')).toBe('three');
    expect(nameOf([...rules].reverse(), '450 blue red')).toBe('three');
  });

  it('rules that share a phrase are separated by their other conditions', () => {
    const rules = [rule('five', { text: ['red'], digit: 5 }), rule('four', { text: ['red'], digit: 4 }), rule('any', { text: ['red'] })];
    expect(['550 red', '450 red', 'red'].map((text) => nameOf(rules, text))).toEqual(['five', 'four', 'any']);
  });
});

describe('a reply that quotes another', () => {
  const rules = [rule('red', { text: ['red'] }), rule('blue', { text: ['blue'] }), rule('by detail', { detail: ['2.1'] })];

  it('has the meaning of the quoted reply', () => {
    expect(nameOf(rules, 'host mx.blue.example blue said: 550 5.2.1 red alert')).toBe('red');
  });

  it('has the meaning of the outer text if the quoted words match no rule', () => {
    expect(nameOf(rules, 'host is blue and said: 550 5.2.1 something')).toBe('blue');
    expect(nameOf(rules, 'host is blue and said: 550 something else')).toBe('blue');
  });

  it('has the meaning of its code if no words match a rule', () => {
    expect(nameOf(rules, 'host is green and said: 550 5.2.1 something')).toBe('by detail');
    expect(nameOf(rules, 'host is green and said: 550 something else')).toBe('unmatched');
  });
});

describe('the verdict', () => {
  it('is "no reply" without text and codes; with only a code it is that of the code', () => {
    expect(decided([], '')).toEqual(NO_REPLY);
    expect(decided([], ' \n ')).toEqual(NO_REPLY);
    expect(nameOf([], { text: '', code: 450 })).toBe('unmatched');
    expect(nameOf([], { text: '', enhanced: '4.2.1' })).toBe('unmatched');
  });

  it('is unknown if no rule matches, with the permanence of the first digit', () => {
    const unmatched = { category: 'unknown', attribution: 'unknown', rule: 'unmatched' };
    expect(decided([], '550 what')).toEqual({ ...unmatched, permanence: 'permanent' });
    expect(decided([], '450 what')).toEqual({ ...unmatched, permanence: 'temporary' });
    expect(decided([], 'what')).toEqual({ ...unmatched, permanence: 'temporary' });
  });

  it('has the attribution of its category, unless the rule overrides it', () => {
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
  ])('in phase %s is %s, although the words name the mailbox: before RCPT no recipient was named', (phase, category) => {
    const verdict = decided([rule('r', { text: ['red'] }, 'user_unknown')], { text: '550 red', phase });
    expect(verdict).toMatchObject({ category, rule: 'r', attribution: category === 'user_unknown' ? 'recipient' : 'sender' });
  });

  it.each(['data', 'end_of_data'] as const)(
    'in phase %s blames the sender for a domain that is not found, because the server has accepted the recipient',
    (phase) => {
      const rules = [rule('r', { text: ['red'] }, 'domain_not_found')];
      expect(decided(rules, { text: '550 red', phase })).toMatchObject({ category: 'sender_rejected', attribution: 'sender' });
      expect(decided(rules, { text: '550 red', phase: 'rcpt' }).category).toBe('domain_not_found');
    },
  );

  it("before RCPT ignores a rule's attribution to the recipient, and keeps one that blames nobody", () => {
    const blaming = [rule('r', { text: ['red'], attribution: 'recipient' }, 'user_unknown')];
    expect(decided(blaming, { text: '550 red', phase: 'mail' }).attribution).toBe('sender');
    const busy = [rule('r', { text: ['red'], attribution: 'local' })];
    expect(decided(busy, { text: '450 red', phase: 'connect' })).toMatchObject({ category: 'server_busy', attribution: 'local' });
  });

  it("has the attribution local if the text says that the words are the sending side's own and no party is to blame", () => {
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

describe('the provider that wrote a text', () => {
  const { providerIn } = createDecider([rule('r', { text: ['red'], and: ['red'], unless: ['blue'] })], MARKS);

  it('is identified by the first mark in the list', () => {
    expect(['a bigmark', 'largemark', 'smallmark', 'smallmark bigmark', 'red', ''].map(providerIn)).toEqual([
      'big',
      'big',
      'small',
      'big',
      undefined,
      undefined,
    ]);
  });

  it('is not told by the name of a host when another provider is known to have answered', () => {
    const hosts: readonly ProviderMark[] = [
      { provider: 'big', text: ['bigmark'] },
      { provider: 'big', text: ['.big.example'], isHost: true },
    ];
    const { verdict } = createDecider([rule('r', { text: ['red'], provider: ['big'] })], hosts);
    const asked = (text: string, provider?: string): string => verdict({ text, ...(provider === undefined ? {} : { provider }) }).rule;
    const named = 'red, as mx.big.example has it';
    expect([asked(named), asked(named, 'own.example'), asked(named, 'big')]).toEqual(['r', 'r', 'r']);
    expect(asked(named, 'small')).toBe('unmatched');
    expect(asked('red bigmark', 'small')).toBe('r');
  });
});

describe('a trailer', () => {
  const rules = [rule('red', { text: ['red'] }), rule('blue', { text: ['blue'] }), rule('big', { text: ['green'], provider: ['big'] })];

  it('is evidence if there is no other text, and if the other text matches no rule', () => {
    expect(nameOf(rules, '550 For assistance, contact your blue postmaster')).toBe('blue');
    expect(nameOf(rules, '550 no, for assistance contact your blue postmaster')).toBe('blue');
    expect(nameOf(rules, '550 red, for assistance contact the blue postmaster')).toBe('red');
  });

  it('has links that identify the provider', () => {
    const marks: readonly ProviderMark[] = [{ provider: 'big', text: ['/6596'] }];
    const { verdict } = createDecider(rules, marks);
    expect(verdict({ text: '550 green. For assistance see https://help.example/6596' }).rule).toBe('big');
    expect(verdict({ text: '550 green. For assistance see https://help.example/6597' }).rule).toBe('unmatched');
  });

  it('is evidence for the rules of the user, which precede', () => {
    const own = createDecider(rules, MARKS, 1);
    expect(own.verdict({ text: '550 blue. For assistance, contact the red postmaster' }).rule).toBe('red');
    expect(own.verdict({ text: '550 red. For assistance, contact the blue postmaster' }).rule).toBe('red');
  });
});

it('as many rules as a policy may have are told apart', () => {
  const rules = Array.from({ length: 300 }, (_, index) => rule(`r${index}`, { text: [`word${'a'.repeat(index)}x`, 'shared'] }));
  for (const index of [0, 31, 32, 63, 64, 255, 256, 299]) expect(nameOf(rules, `550 word${'a'.repeat(index)}x`)).toBe(`r${index}`);
  expect(nameOf(rules, '550 shared')).toBe('r0');
});

it('a text is read without what was read before it', () => {
  const { verdict } = createDecider([rule('red', { text: ['red box'] }), rule('big', { text: ['box'], provider: ['big'] })], MARKS);
  const asked = (text: string): string => verdict({ text }).rule;
  expect(['red box', 'box', 'red', 'red '.repeat(400), 'box', 'box bigmark', 'box'].map(asked)).toEqual([
    'red',
    'unmatched',
    'unmatched',
    'unmatched',
    'unmatched',
    'big',
    'unmatched',
  ]);
});
