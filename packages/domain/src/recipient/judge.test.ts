import { describe, expect, it } from 'vitest';
import type { DeliveryEvent, SmtpReply } from '../event.ts';
import { NO_REPLY, NO_REPLY_PERMANENT } from '../verdict/index.ts';
import type { Classifier, Reply, Verdict } from '../verdict/index.ts';
import { judge, REPLY_LIMIT, replyLine } from './judge.ts';

const UNKNOWN = '550 5.1.1 User unknown';
const providerOf = (domain: string, host?: string): string => `${domain} at ${host ?? 'no host'}`;

function event(rest: Partial<DeliveryEvent> = {}): DeliveryEvent {
  return { id: 'e', tenant: 'acme', recipient: 'alice@example.com', occurredAt: 5, type: 'bounced', stream: 'news', ...rest };
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
    expect(judge(event(smtp), providerOf)).toEqual({ verdict: NO_REPLY, ...nothing });
    expect(judge(event({ ...smtp, permanent: false }), providerOf)).toEqual({ verdict: NO_REPLY, ...nothing });
    expect(judge(event({ ...smtp, permanent: true }), providerOf)).toEqual({ verdict: NO_REPLY_PERMANENT, ...nothing });
    expect(judge(event({ ...smtp, permanent: true, type: 'deferred' }), providerOf).verdict).toEqual(NO_REPLY_PERMANENT);
    // That time ran out is not what the server said.
    expect(judge(event({ ...smtp, permanent: true, type: 'expired' }), providerOf).verdict).toEqual(NO_REPLY);
  });

  it.each<[SmtpReply, string, string]>([
    [{ text: UNKNOWN }, 'user_unknown', UNKNOWN],
    [{ code: 452, enhanced: '4.2.2' }, 'mailbox_full', '452 4.2.2'],
    [{ enhanced: '4.2.2', text: '' }, 'mailbox_full', '4.2.2'],
    [{ code: 421 }, 'server_busy', '421'],
  ])('with any part of a reply is what the reply says: %j', (smtp, category, reply) => {
    const judged = judge(event({ smtp, permanent: true }), providerOf);
    expect(judged.verdict.category).toBe(category);
    expect(judged.reply).toBe(reply);
  });

  it('names the provider by the domain behind the last @ and the host that answered', () => {
    expect(judge(event({ recipient: '"al@ice"@example.org', remoteHost: 'mx.big.example' }), providerOf).provider).toBe(
      'example.org at mx.big.example',
    );
  });

  it('is asked of the classifier with everything that is known, and nothing else', () => {
    const asked: Reply[] = [];
    const verdict: Verdict = { ...NO_REPLY, rule: 'own' };
    const classifier: Classifier = { classify: (reply) => (asked.push(reply), verdict), providerIn: () => undefined };
    const all = { smtp: { code: 550, enhanced: '5.1.1', text: 'No such user' }, phase: 'rcpt' } as const;
    expect(judge(event(all), providerOf, classifier)).toEqual({
      verdict,
      reply: '550 5.1.1 No such user',
      provider: 'example.com at no host',
    });
    judge(event({ smtp: { code: 550 } }), providerOf, classifier);
    judge(event({ smtp: { text: 'busy' } }), providerOf, classifier);
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

  it('has code, enhanced code and text, each once', () => {
    const who = 'alice@example.com';
    expect(replyLine({ code: 550, enhanced: '5.1.1', text: 'User unknown' }, who)).toBe(UNKNOWN);
    expect(replyLine({ code: 550, enhanced: '5.1.1', text: UNKNOWN }, who)).toBe(UNKNOWN);
    expect(replyLine({ code: 550, enhanced: '5.1.1', text: '550 User unknown' }, who)).toBe('5.1.1 550 User unknown');
    expect(replyLine({ code: 550, enhanced: '5.1.1' }, who)).toBe('550 5.1.1');
    expect(replyLine({}, who)).toBe('');
    expect(replyLine({ code: 550, text: '\n User unknown' }, who)).toBe('550 User unknown');
    // A number somewhere in the words is not the code.
    expect(replyLine({ code: 550, text: 'Your message of over 550 MB is too large' }, who)).toBe(
      '550 Your message of over 550 MB is too large',
    );
  });

  it('is one line, without blanks around it', () => {
    expect(line('  550-no \r\n\t 550 such   user \n')).toBe('550-no 550 such user');
  });

  it('is bounded, and so is what is read for it', () => {
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

  it('keeps words that are as short as a local part of one or two letters', () => {
    expect(line('user al is unknown', 'al@example.com')).toBe('user al is unknown');
    expect(line('user ali is unknown', 'ali@example.com')).toBe('user <recipient> is unknown');
  });

  it('finds a local part that has an @ itself', () => {
    expect(line('user "al@ice" unknown', '"al@ice"@example.com')).not.toContain('ice"');
  });

  it('is dropped whole where a word can not be found for certain: lower case is longer than the text', () => {
    expect(line('İİ no alice here')).toBe('<recipient>');
    expect(line('İİ nobody here')).toBe('İİ nobody here');
  });
});
