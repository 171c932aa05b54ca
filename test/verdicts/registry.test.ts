/** What the standards say of codes, and how the codes are read here. */
import {
  classifierOf,
  codeByStandard,
  explainCode,
  knowledgeOfReply,
  answerReply,
  placesOf,
  providerOf,
  PROVIDERS,
  RULES,
} from '@desist/verdicts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const classifier = classifierOf(undefined);

describe('a code by the standards', () => {
  it.each([
    ['550 5.1.1', '550 5.1.1', '550', '5.1.1', 'permanent'],
    ['550-5.1.1', '550 5.1.1', '550', '5.1.1', 'permanent'],
    [' 421 ', '421', '421', undefined, undefined],
    ['4.7.28', '4.7.28', undefined, '4.7.28', 'temporary'],
    ['451 4.07.001', '451 4.7.1', '451', '4.7.1', 'temporary'],
    ['599 5.9.9', '599 5.9.9', undefined, undefined, undefined],
  ])('%s', (text, ...wanted) => {
    const found = codeByStandard(text);
    expect([found?.code, found?.basic?.code, found?.enhanced?.code, found?.enhanced?.class]).toEqual(wanted);
  });

  it.each(['', ' ', '250', '2.1.5', '5', '55', '5500', '5.1', '550 5.1.1 x', 'x'.repeat(100_000), '5.1.1 550'])('%s is none', (text) => {
    expect(codeByStandard(text)).toBeUndefined();
  });

  it("is registered for every code that a rule of this project gives a meaning, but for those that are a provider's own", () => {
    const own = new Set(['1.351', '4.14', '7.32']);
    const details = RULES.filter(({ name }) => name.startsWith('enhanced.')).flatMap(({ detail = [] }) => detail);
    expect(details.length).toBeGreaterThan(20);
    for (const detail of details.filter((one) => !own.has(one)))
      expect([detail, codeByStandard(`5.${detail}`)?.enhanced?.source]).toEqual([detail, expect.any(String)]);
    const basics = RULES.filter(({ name }) => /^code\.\d/.test(name)).flatMap(({ code = [] }) => code);
    for (const code of basics) expect([code, codeByStandard(String(code))?.basic?.source]).toEqual([code, expect.any(String)]);
  });
});

describe('an explained code', () => {
  it('of 5xx says what it means, how it is read, and what to do', () => {
    const found = explainCode(classifier, '550 5.1.1');
    expect(found?.reading).toMatchObject({
      category: 'user_unknown',
      attribution: 'recipient',
      permanence: 'permanent',
      counts: true,
      hardBounce: true,
    });
    expect(found?.reading.actions[0]).toContain('stop sending');
    expect(explainCode(classifier, '552 5.2.2')?.reading).toMatchObject({ category: 'mailbox_full', hardBounce: false });
    expect(explainCode(classifier, '5.7.26')?.reading).toMatchObject({ attribution: 'sender', counts: false });
  });

  it("has the provider's own meaning first", () => {
    expect(explainCode(classifier, '421 4.7.28', 'gmail')?.entries[0]?.provider).toBe('gmail');
  });

  it('is there for every code, and its reading is the verdict of a reply of that code alone', () => {
    fc.assert(
      fc.property(fc.integer({ min: 400, max: 599 }), fc.nat(9), fc.nat(99), (code, subject, detail) => {
        const enhanced = `${String(code)[0]}.${subject}.${detail}`;
        const found = explainCode(classifier, `${code} ${enhanced}`);
        const { category, permanence } = classifier.classify({ text: '', code, enhanced });
        expect(found?.reading).toMatchObject({ category, permanence });
        expect(found?.reading.meaning.length).toBeGreaterThan(10);
      }),
    );
  });
});

it('a reply is explained by its code if that agrees with the verdict, otherwise by its category', () => {
  const explained = (reply: string): string => knowledgeOfReply({ reply }, answerReply(classifier, { reply })).meaning;
  expect(explained('452 4.2.2 mailbox full')).toBe('The mailbox is full.');
  expect(explained('452-4.2.2 mailbox full')).toBe('The mailbox is full.');
  expect(explained('452 4.2.2 greylisted, try again in 5 minutes')).not.toBe('The mailbox is full.');
});

it('a provider is found by each of its domains', () => {
  for (const provider of PROVIDERS)
    for (const domain of placesOf(provider).domains) expect([domain, providerOf(domain)]).toEqual([domain, provider]);
  expect(placesOf('constructor')).toEqual({ domains: [], hosts: [] });
});
