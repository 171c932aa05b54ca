/** The classifier's cache changes the cost of a verdict, never its value. */
import { describe, expect, it } from 'vitest';
import { classifierOf, classify, createClassifier, providerIn, RULES } from './classify.ts';
import { CODE_RULES } from './rules/codes.ts';
import type { Rule } from './rules/rule.ts';
import { WEAK_RULES } from './rules/text-system.ts';
import type { Category, Reply } from './types.ts';

const rule = (name: string, conditions: Partial<Rule>, category: Category = 'server_busy'): Rule => {
  return { name, category, source: 'test', example: 'test', ...conditions };
};

describe('a cached verdict', () => {
  const rules = [
    rule('code', { text: ['red'], code: [450] }),
    rule('detail', { text: ['red'], detail: ['2.1'] }),
    rule('stage', { text: ['red'], phase: ['rcpt'] }),
    rule('provider', { text: ['red'], provider: ['big'] }),
    rule('digit', { text: ['red'], digit: 5 }),
    rule('any', { text: ['red'] }),
  ];
  const replies: readonly [Reply, string][] = [
    [{ text: 'red', code: 450 }, 'code'],
    [{ text: 'red', enhanced: '4.2.1' }, 'detail'],
    [{ text: 'red', phase: 'rcpt' }, 'stage'],
    [{ text: 'red', provider: 'big' }, 'provider'],
    [{ text: 'red', provider: 'small' }, 'any'],
    [{ text: 'red', code: 550 }, 'digit'],
    [{ text: 'red', code: 451 }, 'any'],
    [{ text: 'red', enhanced: '5.9.9' }, 'digit'],
    [{ text: 'red', enhanced: '4.9.9' }, 'any'],
    [{ text: 'red' }, 'any'],
    [{ text: 'blue' }, 'unmatched'],
    [{ text: '' }, 'no_reply'],
    [{ text: '', code: 450 }, 'unmatched'],
    [{ text: 'host is red and said: 550 nothing else', code: 450 }, 'code'],
    [{ text: 'host is blue and said: 550 nothing else', code: 450 }, 'unmatched'],
    [{ text: '[internal] red' }, 'any'],
  ];

  it.each([0, 1, 2, 8_192])('is never returned for a different reply, with a cache of %i entries', (kept) => {
    const classifier = createClassifier([], rules, kept);
    for (let turn = 0; turn < 3; turn += 1)
      for (const [reply, name] of replies) expect([reply, classifier.classify(reply).rule]).toEqual([reply, name]);
    expect(classifier.classify({ text: '[internal] red' }).attribution).toBe('local');
    expect(classifier.classify({ text: 'internal red' }).attribution).toBe('system');
  });

  const isKept = (ask: ReturnType<typeof createClassifier>['classify'], text: string): boolean => {
    // A verdict of a reply before RCPT is made anew unless the reply is kept.
    const reply: Reply = { text, phase: 'mail' };
    const verdict = ask(reply);
    expect(ask(reply)).toEqual(verdict);
    return ask(reply) === verdict;
  };
  const blaming = [rule('red', { text: ['red'] }, 'user_unknown')];

  it('is found by the exact text, up to 1,024 characters', () => {
    const { classify: ask } = createClassifier([], blaming);
    expect([100, 1_024, 1_025].map((length) => isKept(ask, '550 red '.padEnd(length, 'x')))).toEqual([true, true, false]);
    const verdict = ask({ text: '550 red', phase: 'mail' });
    expect(ask({ text: '550 red', phase: 'mail' })).toBe(verdict);
    expect(ask({ text: '551 red', phase: 'mail' })).not.toBe(verdict);
  });

  it('is evicted when the cache is full', () => {
    const { classify: ask } = createClassifier([], blaming, 2);
    const asked = (text: string): unknown => ask({ text, phase: 'mail' });
    const verdict = asked('550 red');
    asked('551 red');
    expect(asked('550 red')).toBe(verdict);
    asked('552 red');
    const again = asked('550 red');
    expect(again).not.toBe(verdict);
    expect(again).toEqual(verdict);
  });
});

describe('user-defined rules', () => {
  it('precede the built-in rules', () => {
    const text = '550 5.1.1 User unknown';
    expect(classify({ text }).category).toBe('user_unknown');
    const own = createClassifier([rule('own', { text: ['user unknown'] }, 'policy_block')]);
    expect(own.classify({ text })).toMatchObject({ rule: 'own', category: 'policy_block' });
    expect(own.classify({ text: '452 4.2.2 Mailbox full' }).category).toBe('mailbox_full');
  });

  it('blame the recipient whatever other text the reply contains', () => {
    const own = createClassifier([rule('own', { text: ['account'] }, 'mailbox_disabled')]);
    for (const { example, category } of RULES) {
      if (category !== 'recipient_rate_limited') expect(own.classify({ text: `${example} account` }).rule, example).toBe('own');
    }
  });

  it('may blame the recipient for everything but a rate limit, whether by category or by attribution', () => {
    const limited = '450 4.2.1 The user you are trying to contact is receiving mail too quickly';
    const plain = '450 4.2.1 The user you are trying to contact is away';
    const text = ['trying to contact'];
    for (const own of [rule('own', { text }, 'mailbox_unavailable'), rule('own', { text, attribution: 'recipient' }, 'policy_block')]) {
      const { classify: ask } = createClassifier([own]);
      expect(ask({ text: limited }).category).toBe('recipient_rate_limited');
      expect(ask({ text: plain }).rule).toBe('own');
    }
    const sparing = createClassifier([rule('own', { text, unless: ['away'] }, 'mailbox_unavailable')]);
    expect(sparing.classify({ text: plain }).rule).not.toBe('own');
    expect(sparing.classify({ text: limited }).category).toBe('recipient_rate_limited');
    // A rule that does not blame the recipient may be about a rate limit.
    expect(createClassifier([rule('own', { text }, 'policy_block')]).classify({ text: limited }).rule).toBe('own');
  });

  it('create a new classifier; without rules all callers share one', () => {
    const own = [rule('own', { text: ['red'] })];
    expect(classifierOf(own).classify({ text: 'red' }).rule).toBe('own');
    expect(classifierOf(undefined)).toBe(classifierOf([]));
    expect(classifierOf(own)).not.toBe(classifierOf(undefined));
    expect(classifierOf(undefined).classify({ text: 'red' }).rule).toBe('unmatched');
  });
});

it('precise codes that do not blame the recipient precede weak words; codes that blame the recipient, and basic codes, follow them', () => {
  const place = ({ name }: Rule): number => RULES.findIndex((one) => one.name === name);
  const [first, last] = [Math.min(...WEAK_RULES.map(place)), Math.max(...WEAK_RULES.map(place))];
  const asked = (category: Category, detail: boolean): readonly boolean[] =>
    CODE_RULES.filter((one) => one.category === category && (one.detail !== undefined) === detail).map((one) => place(one) < first);
  expect(new Set(asked('mailbox_full', true))).toEqual(new Set([true]));
  expect(new Set(asked('rate_limited', true))).toEqual(new Set([true]));
  expect(new Set(asked('user_unknown', true))).toEqual(new Set([false]));
  for (const one of CODE_RULES) {
    expect(place(one) < first || place(one) > last).toBe(true);
    if (one.detail === undefined) expect(place(one), one.name).toBeGreaterThan(last);
  }
});

it.each([
  ['550 5.2.1 rejected by mta5.am0.yahoodns.net', 'yahoo'],
  ['550 5.4.1 Access denied. [AM5EUR03FT041.eop-EUR03.prod.protection.outlook.com]', 'microsoft'],
  ['550 refused by mx00.mail.com', 'gmx'],
  ['550 refused by web.host.example', undefined],
  ['550 refused by mail.example.me', undefined],
  ['550 no such user at mail.prod.example.com', undefined],
  ['550 User unknown, see https://support.google.com/mail/answer/1', undefined],
  ['550 User of gmail.com unknown', undefined],
])('a provider is identified by a host name in the text, not by one label of it and not by a link: %s', (text, provider) => {
  expect(providerIn(text)).toBe(provider);
});

it('user-defined rules also match text that follows the reply', () => {
  const own: Rule = { name: 'own', category: 'policy_block', source: 's', example: 'e', text: ['case number'] };
  const text = '550 5.1.1 User unknown. For assistance quote your case number.';
  expect(createClassifier([own]).classify({ text }).rule).toBe('own');
  expect(createClassifier().classify({ text }).category).toBe('user_unknown');
});

it('the provider that wrote a text is identified by its words', () => {
  expect(providerIn('452 4.2.2 The email account that you tried to reach is over quota gsmtp')).toBe('gmail');
  expect(providerIn('550 5.1.1 User unknown')).toBeUndefined();
});
