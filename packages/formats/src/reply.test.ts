import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codeOf, enhancedOf, replyCodes } from './reply.ts';

describe('replyCodes', () => {
  it.each([
    ['550 5.1.1 user unknown', 550, '5.1.1'],
    ['smtp;550 5.1.1 user unknown', 550, '5.1.1'],
    ['smtp; 550 5.1.1 user unknown', 550, '5.1.1'],
    ['SMTP; 550-5.1.1 The email account', 550, '5.1.1'],
    ['550-5.1.1 The account\n550-5.1.1 does not\n550 5.1.1 exist', 550, '5.1.1'],
    ['550-5.1.1 The account\\n550 5.1.1 exist', 550, '5.1.1'],
    [' RecipientError: 550 5.5.0 Requested action not taken', 550, '5.5.0'],
    ['550 RecipientError: 550 5.1.1 <a@example.com>: unknown', 550, '5.1.1'],
    ['sent (250 2.0.0 OK 1433333948 fa5si855896wjc.199 - gsmtp)', 250, '2.0.0'],
    ['250 Ok', 250, undefined],
    ['421 4.7.0 [TSS04] Messages from 87.253.233.123 deferred - 4.16.55.1; see', 421, '4.7.0'],
    ['4.7.652 The mail server has exceeded', undefined, '4.7.652'],
    ['host mx.example.com[192.0.2.1] said: 450 4.2.1 try later (in reply to RCPT TO command)', 450, '4.2.1'],
    ['host mx.example.com[192.0.2.1] refused to talk to me: 554 5.7.1 no', 554, '5.7.1'],
    ['SMTP error from remote mail server after RCPT TO:<a@example.com>: 550 no such user', 550, undefined],
    ['550 5.4.312 Message expired', 550, '5.4.312'],
    ['550 5.1.10 RESOLVER.ADR.RecipientNotFound', 550, '5.1.10'],
    ['554 4.4.7 gave up', 554, '4.4.7'],
    ['452 Mailbox full (#4.2.2)', 452, '4.2.2'],
    ['Unable to find MX of domain example.com', undefined, undefined],
    ['MAIL REFUSED - IP (17.99.99.99) is in black list', undefined, undefined],
    ['connect to 192.0.2.250:25: timed out after 250 seconds', undefined, undefined],
    ['Test delivery webhook details 550', undefined, undefined],
    ['5500 5.1.1.1 nothing', undefined, undefined],
    ['refused by Exim 4.96.1', undefined, undefined],
    ['550 rejected, client version 5.1.1', 550, undefined],
    ['', undefined, undefined],
  ])('%s', (text, code, enhanced) => {
    expect(replyCodes(text)).toEqual({ ...(code === undefined ? {} : { code }), ...(enhanced === undefined ? {} : { enhanced }) });
  });

  it('never throws, takes linear time, and never invents a code', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary', maxLength: 4_096 }), fc.stringMatching(/^[ 0-9.;:()<>a-z-]{0,400}$/)), (text) => {
        const { code, enhanced } = replyCodes(text);
        if (code !== undefined) expect(text).toContain(String(code));
        if (enhanced !== undefined) expect(text).toContain(enhanced);
      }),
    );
    for (const evil of ['said: ', 'after RCPT TO:<', 'smtp;', 'Error: ', '(', '5.1.1', 'x-x-']) {
      const before = performance.now();
      replyCodes(evil.repeat(100_000));
      expect(performance.now() - before).toBeLessThan(1_000);
    }
  });
});

describe('explicit fields', () => {
  it('accept reply codes and enhanced codes, and ignore vendor codes', () => {
    expect([550, '550', ' 250 ', 605, '605', '5.1.1', 55, 550.5, null].map(codeOf)).toEqual([
      550,
      550,
      250,
      ...Array.from({ length: 6 }, () => undefined),
    ]);
    expect(['5.1.1', '5.1.1 (bad destination mailbox address)', '', '5.1', '5.1.1.1', 511].map(enhancedOf)).toEqual([
      '5.1.1',
      '5.1.1',
      ...Array.from({ length: 4 }, () => undefined),
    ]);
  });
});
