import { classifierOf, counts } from '@desist/verdicts';
import { asAddress, asTenant, classifyFailure, DEFAULT_POLICY } from '@desist/domain';
import type { DeliveryEvent, PolicySet } from '@desist/domain';
import { describe, expect, it } from 'vitest';
import { providerOf } from '@desist/verdicts';
import { readPolicyFile } from './read.ts';
import { defaultPolicies } from './version.ts';
import { writePolicy } from './write.ts';

function policies(text: string): PolicySet {
  const read = readPolicyFile(text);
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  return read.policies;
}

const problemsOf = (text: string): readonly string[] => {
  const read = readPolicyFile(text);
  return read.ok ? [] : read.problems.map(({ path, problem }) => `${path}: ${problem}`);
};

const PARTNER = `
rules:
  partner-full:
    text: ["mailbox full", over quota]
    code: [452, 552]
    category: policy_block
    attribution: system
    example: 552 mailbox full
  gmail-disabled:
    provider: gmail
    enhanced: 5.2.1
    category: mailbox_disabled
    example: 550 5.2.1 gone
`;

describe('rules of the own', () => {
  const set = policies(PARTNER);
  const { classify } = classifierOf(set.rules);

  it('are asked before the built-in ones, and only when all they ask for is there', () => {
    expect(classify({ text: '552 5.2.2 Mailbox full' })).toMatchObject({
      category: 'policy_block',
      attribution: 'system',
      rule: 'own.partner-full',
    });
    expect(classify({ text: '550 5.2.2 Mailbox full' })).toMatchObject({ category: 'mailbox_full' });
    expect(classify({ text: '550 5.2.1 zork', provider: 'gmail' }).rule).toBe('own.gmail-disabled');
    expect(classify({ text: '550 5.2.1 zork', provider: 'yahoo' }).rule).toBe('unmatched');
  });

  it('decide the verdict of events', () => {
    const event = {
      id: '1',
      tenant: asTenant('t'),
      recipient: asAddress('a@gmail.com'),
      stream: 's',
      type: 'bounced',
      occurredAt: 0,
      smtp: { code: 550, enhanced: '5.2.1', text: 'zork' },
    } satisfies DeliveryEvent;
    expect(classifyFailure(event, providerOf, classifierOf(set.rules)).verdict.rule).toBe('own.gmail-disabled');
    expect(classifyFailure(event, providerOf).verdict.rule).toBe('unmatched');
  });

  it('never blame a recipient for its own rate limit', () => {
    const text = '550 5.2.1 The user you are trying to contact is receiving mail at a rate that prevents additional messages';
    expect(counts(classify({ text, provider: 'gmail' }))).toBe(false);
    expect(problemsOf('rules: {a: {code: 550, category: recipient_rate_limited, attribution: recipient, example: 550 x}}')).toEqual([
      'rules.a.attribution: must never count against the recipient',
    ]);
  });

  it('are part of the version, in their order, and survive being written', () => {
    expect(set.version).not.toBe(defaultPolicies().version);
    expect(policies('rules:').version).toBe(defaultPolicies().version);
    const swapped = policies(PARTNER.replace(/( {2}partner-full:[^]*?)( {2}gmail-disabled:[^]*)$/, '$2$1'));
    expect(swapped.rules?.map(({ name }) => name)).toEqual(['own.gmail-disabled', 'own.partner-full']);
    expect(swapped.version).not.toBe(set.version);
    const again = policies(writePolicy(set));
    expect(again).toEqual(set);
    expect(again.base).toEqual(DEFAULT_POLICY);
  });
});

describe('mistakes in own rules', () => {
  it.each([
    ['{category: spam_content, example: x}', 'rules.a: matches everything'],
    ['{code: 550, example: 550 x}', 'rules.a: has no category'],
    ['{code: 550, category: spam_content}', 'rules.a: has no example'],
    ['{code: 550, category: spam, example: 550 x}', 'rules.a.category: is no known category, not "spam"'],
    ['{code: 250, category: spam_content, example: 250 x}', 'rules.a.code: must be reply codes from 400 to 599, not "250"'],
    ['{enhanced: 2.1, category: spam_content, example: 550 x}', 'rules.a.enhanced: must be enhanced codes as in 4.2.1, not "2.1"'],
    [
      '{text: "..3 x", category: spam_content, example: 550 x}',
      'rules.a.text: the phrase "..3 x" must begin with a word that has to be there',
    ],
    ['{text: "@nolist", category: spam_content, example: 550 x}', 'rules.a.text: the phrase "@nolist" there is no list @nolist'],
    ['{code: 550, attribution: nobody, category: spam_content, example: 550 x}', 'must be one of'],
    ['{code: 550, category: spam_content, example: 451 x}', 'rules.a: does not decide its own example: unmatched does'],
    ['{codes: 550, category: spam_content, example: 550 x}', 'rules.a.codes: is no known key'],
    ['{code: {}, category: spam_content, example: 550 x}', 'rules.a.code: must be a value, not a section'],
  ])('%s', (rule, problem) => {
    expect(problemsOf(`rules: {a: ${rule}}`).join('\n')).toContain(problem);
  });

  it('an earlier rule that takes the example of a later one', () => {
    expect(
      problemsOf('rules: {a: {code: 550, category: spam_content, example: 550 a}, b: {text: b, category: spam_content, example: 550 b}}'),
    ).toEqual(['rules.b: does not decide its own example: own.a does']);
  });

  it('a name that begins with a digit, rules of a tenant', () => {
    expect(problemsOf('rules: {1: {code: 550, category: spam_content, example: 550 a}}')).toEqual(['rules.1: must begin with a letter']);
    expect(problemsOf('tenants: {a: {rules: {}}}').join()).toContain('is no known key');
  });
});
