/** The explanations of replies are complete and agree with the verdicts. */
import { readFileSync } from 'node:fs';
import { adviceFor, CATEGORIES, CATEGORY_KNOWLEDGE, classify, CODE_KNOWLEDGE, hintsIn, knowledgeOfCode } from '@desist/verdicts';
import { describe, expect, it } from 'vitest';
import { PAGE, verdictPage } from './page.ts';

describe('every category', () => {
  it.each(CATEGORIES.map(({ category }) => category))('%s has a meaning, causes and actions', (category) => {
    const { meaning, causes, actions } = CATEGORY_KNOWLEDGE[category];
    expect(meaning.length).toBeGreaterThan(20);
    expect(causes.length).toBeGreaterThan(0);
    expect(actions.length).toBeGreaterThan(0);
  });
});

describe('every code', () => {
  const WANTED = [
    ...[
      '421',
      '421 4.7.0',
      '421 4.7.28',
      '450 4.1.1',
      '450 4.2.1',
      '450 4.7.1',
      '451 4.3.0',
      '451 4.4.0',
      '451 4.7.1',
      '451 4.3.5',
      '452 4.2.2',
    ],
    ...['452 4.3.1', '452 4.5.3', 'gmail 421 4.7.0', 'gmail 421 4.7.28', 'gmail 450 4.2.1', 'gmail 451 4.3.0', 'microsoft 421 4.7.x'],
    ...['microsoft 451 4.7.500', 'microsoft 451 4.4.0', 'microsoft 452 4.3.1', 'yahoo 421 4.7.0', 'yahoo 421 4.7.1', 'yahoo 451'],
  ];
  it('includes the ones people meet most', () => {
    const known = CODE_KNOWLEDGE.map(({ code, provider }) => (provider === undefined ? code : `${provider} ${code}`));
    expect(known.toSorted()).toEqual(WANTED.toSorted());
  });

  it.each(CODE_KNOWLEDGE.map((one) => [`${one.code} ${one.provider ?? ''}`, one] as const))(
    '%s is classified as it is explained',
    (_, one) => {
      const [code, enhanced] = one.code.replace('.x', '.1').split(' ');
      const verdict = classify({
        text: '',
        code: Number(code),
        ...(enhanced === undefined ? {} : { enhanced }),
        ...(one.provider === undefined ? {} : { provider: one.provider }),
      });
      expect(verdict.category).toBe(one.category);
    },
  );

  it("is found in the usual spellings, with the given provider's entry first", () => {
    expect(knowledgeOfCode('4.2.1').map(({ code }) => code)).toEqual(['450 4.2.1', '450 4.2.1']);
    expect(knowledgeOfCode('450 4.2.1', 'gmail')[0]?.provider).toBe('gmail');
    expect(knowledgeOfCode('450-4.2.1', 'yahoo').map(({ provider }) => provider)).toEqual([undefined]);
    expect(knowledgeOfCode('421 4.7.66', 'microsoft')[0]?.code).toBe('421 4.7.x');
    expect(knowledgeOfCode('250')).toEqual([]);
  });
});

describe('hints in a reply', () => {
  it.each([
    ['451 4.7.1 Greylisted, please try again in 5 minutes', { retryAfter: 300 }],
    ['450 4.7.1 Greylisted for 300 seconds', { retryAfter: 300 }],
    ['451 4.7.1 Greylisting in action, please come back in 00:04:58', { retryAfter: 298 }],
    [
      '554 5.7.1 blocked using zen.spamhaus.org; https://www.spamhaus.org/query/ip/192.0.2.1',
      { blockList: 'zen.spamhaus.org', link: 'https://www.spamhaus.org/query/ip/192.0.2.1' },
    ],
    ['550 Email blocked by SPAMHAUS', { blockList: 'spamhaus' }],
    ['552 5.3.4 Message size exceeds fixed maximum message size: 20971520 bytes', { limit: '20971520 bytes' }],
    ['550 Domain example.com has exceeded the max emails, 50 per hour allowed', { limit: '50 per hour' }],
    ['550 5.1.1 User unknown', {}],
  ])('%s', (text, hints) => {
    expect(hintsIn(text)).toEqual(hints);
  });
});

it('a provider that is not in the table gets the advice for small domains', () => {
  expect(adviceFor('example.com').title).toBe('small domains');
  expect(adviceFor('gmail').connections).toEqual([10, 20]);
});

it('docs/verdict-knowledge.md is current (npm run docs:verdicts)', () => {
  expect(readFileSync(PAGE, 'utf8')).toBe(verdictPage());
});
