import { describe, expect, it } from 'vitest';
import type { DeliveryEvent } from '../event.ts';
import type { SmtpReply } from '@desist/verdicts';
import { codesOf } from '../incident/incident.ts';
import { NO_REPLY, NO_REPLY_PERMANENT } from '@desist/verdicts';
import type { Classifier, Reply, Verdict } from '@desist/verdicts';
import { asTenant, asAddress } from '../keys.ts';
import { classifyFailure, REPLY_LIMIT, replyLine } from './classify.ts';

const UNKNOWN = '550 5.1.1 User unknown';
const providerOf = (domain: string, host?: string): string => `${domain} at ${host ?? 'no host'}`;

function event(rest: Partial<DeliveryEvent> = {}): DeliveryEvent {
  return {
    id: 'e',
    tenant: asTenant('acme'),
    recipient: asAddress('alice@example.com'),
    occurredAt: 5,
    type: 'bounced',
    stream: 'news',
    ...rest,
  };
}

describe('the verdict on an event', () => {
  it.each<[string, SmtpReply | undefined]>([
    ['without a reply', undefined],
    ['with an empty one', {}],
    ['with an empty text', { text: '' }],
    ['with blanks for a text', { text: ' \r\n ' }],
  ])('%s is that there is none, whatever the source calls permanent', (_, reply) => {
    const smtp = reply === undefined ? {} : { smtp: reply };
    const nothing = { reply: null, provider: 'example.com at no host' };
    expect(classifyFailure(event(smtp), providerOf)).toEqual({ verdict: NO_REPLY, ...nothing });
    expect(classifyFailure(event({ ...smtp, permanent: false }), providerOf)).toEqual({ verdict: NO_REPLY, ...nothing });
    expect(classifyFailure(event({ ...smtp, permanent: true }), providerOf)).toEqual({ verdict: NO_REPLY_PERMANENT, ...nothing });
    expect(classifyFailure(event({ ...smtp, permanent: true, type: 'deferred' }), providerOf).verdict).toEqual(NO_REPLY_PERMANENT);
    // That time ran out is not what the server said.
    expect(classifyFailure(event({ ...smtp, permanent: true, type: 'expired' }), providerOf).verdict).toEqual(NO_REPLY);
  });

  it.each<[SmtpReply, string, string]>([
    [{ text: UNKNOWN }, 'user_unknown', UNKNOWN],
    [{ code: 452, enhanced: '4.2.2' }, 'mailbox_full', '452 4.2.2'],
    [{ enhanced: '4.2.2', text: '' }, 'mailbox_full', '4.2.2'],
    [{ code: 421 }, 'server_busy', '421'],
  ])('with any part of a reply is what the reply says: %j', (smtp, category, reply) => {
    const classified = classifyFailure(event({ smtp, permanent: true }), providerOf);
    expect(classified.verdict.category).toBe(category);
    expect(classified.reply).toBe(reply);
  });

  it('names the provider by the domain behind the last @ and the host that answered', () => {
    expect(
      classifyFailure(event({ recipient: asAddress('"al@ice"@example.org'), remoteHost: 'mx.big.example' }), providerOf).provider,
    ).toBe('example.org at mx.big.example');
  });

  it('comes from the classifier, which is given everything known and nothing else', () => {
    const asked: Reply[] = [];
    const verdict: Verdict = { ...NO_REPLY, rule: 'own' };
    const classifier: Classifier = { classify: (reply) => (asked.push(reply), verdict), providerIn: () => undefined };
    const all = { smtp: { code: 550, enhanced: '5.1.1', text: 'No such user' }, phase: 'rcpt' } as const;
    expect(classifyFailure(event(all), providerOf, classifier)).toEqual({
      verdict,
      reply: '550 5.1.1 No such user',
      provider: 'example.com at no host',
    });
    classifyFailure(event({ smtp: { code: 550 } }), providerOf, classifier);
    classifyFailure(event({ smtp: { text: 'busy' } }), providerOf, classifier);
    const provider = 'example.com at no host';
    expect(asked.map((reply) => Object.entries(reply).sort())).toEqual(
      [
        { code: 550, enhanced: '5.1.1', phase: 'rcpt', provider, text: 'No such user' },
        { code: 550, provider, text: '' },
        { provider, text: 'busy' },
      ].map((reply) => Object.entries(reply)),
    );
  });
});

describe('the line that is kept of a reply', () => {
  const line = (text: string, recipient = 'alice@example.com'): string => replyLine({ text }, recipient);

  it('contains code, enhanced code and text, each once', () => {
    const who = 'alice@example.com';
    expect(replyLine({ code: 550, enhanced: '5.1.1', text: 'User unknown' }, who)).toBe(UNKNOWN);
    expect(replyLine({ code: 550, enhanced: '5.1.1', text: UNKNOWN }, who)).toBe(UNKNOWN);
    expect(replyLine({ code: 550, enhanced: '5.1.1', text: '550 User unknown' }, who)).toBe(UNKNOWN);
    expect(replyLine({ code: 550, enhanced: '5.1.1' }, who)).toBe('550 5.1.1');
    expect(replyLine({}, who)).toBe('');
    expect(replyLine({ code: 550, text: '\n User unknown' }, who)).toBe('550 User unknown');
    // A number somewhere in the words is not the code.
    expect(replyLine({ code: 550, text: 'Your message of over 550 MB is too large' }, who)).toBe(
      '550 Your message of over 550 MB is too large',
    );
  });

  it.each<[SmtpReply, string, string]>([
    [{ code: 554, text: 'Error: 554 refused' }, '554 Error: 554 refused', '554'],
    [{ code: 554, enhanced: '5.7.1', text: '554 refused' }, '554 5.7.1 refused', '554 5.7.1'],
    [{ code: 554, enhanced: '5.7.1', text: '5.7.1 refused' }, '554 5.7.1 refused', '554 5.7.1'],
    [{ code: 554, text: '5.7.1 refused, told 550' }, '554 5.7.1 refused, told 550', '554 5.7.1'],
    [{ code: 554, text: '550-5.1.1 no such user' }, '554 5.1.1 550-5.1.1 no such user', '554 5.1.1'],
  ])('begins with the codes of the event, so that an incident of that code has it inside: %j', (smtp, kept, codes) => {
    const reply = replyLine(smtp, 'alice@example.com');
    expect([reply, codesOf(reply)]).toEqual([kept, codes]);
  });

  it('is one line, without blanks around it', () => {
    expect(line('  550-no \r\n\t 550 such   user \n')).toBe('550-no 550 such user');
  });

  it('is bounded, and so is the text that is read for it', () => {
    expect(REPLY_LIMIT).toBe(300);
    expect(line('x'.repeat(5_000))).toBe('x'.repeat(300));
    expect(line(`${' '.repeat(1_199)}xy`)).toBe('x');
  });

  it.each([
    ['550 <alice@example.com>: no such user', '550 <<recipient>>: no such user'],
    ['550 bob.smith+tag@elsewhere.example unknown, forwarded by alice@example.com', '550 <recipient> unknown, forwarded by <recipient>'],
    ["550 to='a@b.example';from=c@d.example", "550 to='<recipient>';from=<recipient>"],
    ['550 5.1.1 @ home', '550 5.1.1 @ home'],
  ])('has no address: %s', (text, kept) => {
    expect(line(text)).toBe(kept);
  });

  it.each([
    ['550 user alice unknown', '550 user <recipient> unknown'],
    ['ALICE is unknown to Alice', '<recipient> is unknown to <recipient>'],
    ['alice', '<recipient>'],
    ['(alice)', '(<recipient>)'],
    ['no malice, alice', 'no malice, <recipient>'],
    ['alices alice2 alice_b xalice', 'alices alice2 alice_b xalice'],
    ['alicealice', 'alicealice'],
    ['éalice aliceé', 'éalice aliceé'],
    ['nobody of that name', 'nobody of that name'],
  ])('has no local part standing alone: %s', (text, kept) => {
    expect(line(text)).toBe(kept);
  });

  it('keeps words equal to a local part of one or two letters', () => {
    expect(line('user al is unknown', 'al@example.com')).toBe('user al is unknown');
    expect(line('user ali is unknown', 'ali@example.com')).toBe('user <recipient> is unknown');
  });

  it('finds a local part that itself contains an @', () => {
    expect(line('user "al@ice" unknown', '"al@ice"@example.com')).not.toContain('ice"');
  });

  it('is dropped as a whole when a word cannot be found reliably: the lower-case text is longer', () => {
    expect(line('İİ no alice here')).toBe('<recipient>');
    expect(line('İİ nobody here')).toBe('İİ nobody here');
  });
});
