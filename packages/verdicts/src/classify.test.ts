import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classify, counts, isHardBounce, RULES } from './index.ts';
import type { Category } from './index.ts';

describe('every rule', () => {
  it.each(RULES.map((rule) => [rule.name, rule] as const))('%s decides its own example', (name, rule) => {
    const verdict = classify({ text: rule.example });
    expect(verdict.rule).toBe(name);
    expect(verdict.category).toBe(rule.category);
  });

  it('has a unique name', () => {
    expect(new Set(RULES.map(({ name }) => name)).size).toBe(RULES.length);
  });
});

describe('codes without words', () => {
  const table: readonly (readonly [number, string, Category, boolean])[] = [
    [421, '', 'server_busy', false],
    [421, '4.7.0', 'rate_limited', false],
    [421, '4.7.28', 'rate_limited', false],
    [450, '4.1.1', 'user_unknown', true],
    [450, '4.2.1', 'mailbox_unavailable', true],
    [450, '4.7.1', 'greylisting', false],
    [451, '4.3.0', 'system_error', false],
    [451, '4.4.0', 'system_error', false],
    [451, '4.7.1', 'greylisting', false],
    [451, '4.3.5', 'system_error', false],
    [451, '4.7.500', 'rate_limited', false],
    [452, '4.2.2', 'mailbox_full', true],
    [452, '4.3.1', 'server_busy', false],
    [452, '4.5.3', 'too_many_recipients', false],
    [552, '5.3.4', 'message_too_large', false],
    [550, '', 'unknown', false],
    [552, '', 'unknown', false],
    [450, '', 'unknown', false],
  ];
  it.each(table)('%i %s is %s, counts: %s', (code, enhanced, category, counted) => {
    const apart = classify({ text: '', code, ...(enhanced === '' ? {} : { enhanced }) });
    const together = classify({ text: `${code} ${enhanced}`.trim() });
    expect(apart).toEqual(together);
    expect([apart.category, counts(apart)]).toEqual([category, counted]);
  });
});

describe('replies that must never be blamed on the recipient', () => {
  it.each([
    '450 4.2.1 The user you are trying to contact is receiving mail too quickly. Please resend your message at a later time.',
    '550 5.2.1 The user you are trying to contact is receiving mail at a rate that prevents additional messages',
    '432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded',
    '421 4.7.28 Gmail has detected an unusual rate of unsolicited mail',
    '550 5.1.1 Rejected: 1.2.3.4 is listed at zen.spamhaus.org, mailbox unavailable',
    '450 4.1.1 <a@b.example>: Recipient address rejected: unverified address: Address verification in progress',
    '554 5.7.1 Service unavailable; Client host [1.2.3.4] blocked using bl.example.org',
  ])('%s', (text) => {
    expect(counts(classify({ text }))).toBe(false);
  });

  it('a reply before RCPT', () => {
    const text = '550 5.1.1 User unknown';
    expect(counts(classify({ text, phase: 'mail' }))).toBe(false);
    expect(counts(classify({ text, phase: 'connect' }))).toBe(false);
    expect(counts(classify({ text, phase: 'rcpt' }))).toBe(true);
  });
});

describe('hard bounces', () => {
  it.each([
    ['550 5.1.1 User unknown', true],
    ['450 4.1.1 User unknown', false],
    ['552 5.2.2 Mailbox full', false],
    ['550 5.2.1 Mailbox disabled', true],
    ['550 5.7.1 Rejected by recipient', true],
    ['554 5.7.1 Message looks like spam', false],
  ])('%s: %s', (text, hard) => {
    expect(isHardBounce(classify({ text }))).toBe(hard);
  });
});

describe('any text', () => {
  const text = fc.oneof(fc.string({ maxLength: 300 }), fc.constantFrom(...RULES.map((rule) => rule.example)));
  it('has a verdict that does not depend on case, spaces or line folding', () => {
    fc.assert(
      fc.property(text, (reply) => {
        const verdict = classify({ text: reply });
        expect(classify({ text: reply })).toEqual(verdict);
        expect(classify({ text: `  ${reply.replaceAll(' ', '  ')} ` })).toEqual(verdict);
        expect(classify({ text: reply.toUpperCase() }).category).toEqual(classify({ text: reply.toUpperCase().toLowerCase() }).category);
      }),
    );
  });

  it('has a verdict, whatever its length', () => {
    expect(classify({ text: 'a '.repeat(200_000) }).category).toBe('unknown');
    expect(classify({ text: `550 ${'user '.repeat(20_000)}` }).category).toBeTypeOf('string');
  });
});

describe("providers' own codes", () => {
  it.each([
    ['550 5.1.1 <a@b.example> message limit IB607', 'rate_limited', 'sender'],
    [
      '550 5.4.1 Recipient address rejected: Access denied. [AM5EUR03FT041.eop-EUR03.prod.protection.outlook.com]',
      'user_unknown',
      'recipient',
    ],
    ['550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found', 'user_unknown', 'recipient'],
    ['550 5.1.351 Remote server returned unknown recipient or mailbox unavailable -> 550 : User unknown', 'user_unknown', 'recipient'],
    ['550 5.1.351 Remote server returned message denied -> 554 5.7.1 Blocked using zen.spamhaus.org', 'ip_reputation', 'sender'],
    ['421 4.7.0 [TSS04] deferred', 'rate_limited', 'sender'],
    ['421 4.7.1 [TS03] deferred', 'ip_reputation', 'sender'],
    ['421 Throttled RL000010', 'rate_limited', 'sender'],
    ['452 4.2.2 The email account that you tried to reach is over quota gsmtp', 'mailbox_full', 'recipient'],
    ['550 5.7.509 Access denied', 'auth_failure', 'sender'],
    ['451 4.7.650 limited (S775)', 'rate_limited', 'sender'],
    ['550 5.7.606 Access denied', 'ip_reputation', 'sender'],
    ['550 5.7.1 part of their network is on our block list (S3150)', 'ip_reputation', 'sender'],
    ['451 4.7.500 Server busy. Please try again later from [192.0.2.1]. (AS761)', 'rate_limited', 'sender'],
    ['421 4.3.0 OFR004_104 zq', 'rate_limited', 'sender'],
    ['550 5.5.0 zq LPN007_426', 'mailbox_disabled', 'recipient'],
    ['550 5.1.1 RCP-P1 zq', 'user_unknown', 'recipient'],
    ['432 4.3.2 zq', 'recipient_rate_limited', 'system'],
    ['554 5.2.122 zq', 'recipient_rate_limited', 'system'],
    ['454 4.7.0 zq', 'auth_temp_failure', 'sender'],
    ['421 4.7.29 zq', 'tls_required', 'sender'],
    ['421 4.7.32 zq', 'auth_failure', 'sender'],
    ['525 5.7.13 zq', 'mailbox_disabled', 'recipient'],
    ['556 5.1.10 zq', 'domain_not_found', 'recipient'],
    ['551 5.4.7 [internal] exceeded max time without delivery', 'expired', 'local'],
    ['451 4.3.0 [internal] temporary failure', 'software', 'local'],
    ['smtp; 451 4.4.1 [internal] (last transfail: 452 4.2.2 Mailbox full)', 'mailbox_full', 'recipient'],
    ['host mx.example.com[192.0.2.1] said: 552 5.2.2 Over quota (in reply to end of DATA command)', 'mailbox_full', 'recipient'],
    ['550 User unknown (in reply to MAIL FROM command)', 'sender_rejected', 'sender'],
  ] as const)('%s', (text, category, attribution) => {
    const verdict = classify({ text });
    expect(verdict.attribution).toBe(attribution);
    if (category !== 'software') expect(verdict.category).toBe(category);
  });
});
