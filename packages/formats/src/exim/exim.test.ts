import { describe, expect, it } from 'vitest';
import type { NormaliseContext, Normalised } from '../format.ts';
import { createBounces } from '../bounces.ts';
import { exim } from './index.ts';

const context: NormaliseContext = {
  tenant: 'acme',
  stream: 'news',
  timezone: 'Europe/Paris',
  referenceTime: Date.parse('2026-03-12T00:00:00Z'),
};
const ID = '1tAbCd-0001Xy-2Z';

function read(...rest: readonly string[]): readonly Normalised[] {
  return exim.normalise(Buffer.from(rest.map((one) => `2026-03-11 11:00:00 ${one}`).join('\n')), context);
}

function events(...rest: readonly string[]) {
  return read(...rest).flatMap((one) => (one.kind === 'event' ? [one.event] : []));
}

describe('exim: deliveries', () => {
  it('reads address, host, reply and time', () => {
    const line = `${ID} => A@Example.net F=<s@x.example> R=dnslookup T=remote_smtp H=mx.example.net [192.0.2.9]:25 X=TLS1.3:TLS_AES_256_GCM_SHA384:256 CV=yes DN="CN=mx, O=x: y" K C="250- chunk\\n250 2.0.0 OK id=1x" QT=3s`;
    expect(events(line)).toMatchObject([
      {
        type: 'delivered',
        recipient: 'a@example.net',
        messageId: ID,
        occurredAt: Date.parse('2026-03-11T10:00:00Z'),
        smtp: { code: 250, text: '250- chunk\n250 2.0.0 OK id=1x' },
        remoteHost: 'mx.example.net',
      },
    ]);
  });

  it.each([
    ['-> b@example.net R=r T=smtp H=mx [192.0.2.9]* C="250 OK"', 'b@example.net'],
    ['>> b@example.net R=r T=smtp H=mx [192.0.2.9]', 'b@example.net'],
    ['=> fwd@y.example <orig@x.example> R=r T=smtp H=mx [192.0.2.9]', 'orig@x.example'],
    ['=> fwd@y.example (alias@x.example) <orig@x.example> R=r T=smtp H=mx [192.0.2.9]', 'orig@x.example'],
    ['=> kay <kay@x.example> R=local_user T=maildir', 'kay@x.example'],
    ['=> /var/mail/kay <kay@x.example> R=local_user T=appendfile', 'kay@x.example'],
    ['=> |/usr/bin/vacation -a "x y" <kay@x.example> R=userforward T=address_pipe', 'kay@x.example'],
  ])('%s', (rest, recipient) => {
    expect(events(`${ID} ${rest}`)).toMatchObject([{ type: 'delivered', recipient }]);
  });

  it('a local delivery without an address has no recipient', () => {
    expect(read(`${ID} => /var/mail/kay R=local_user T=appendfile`)).toMatchObject([{ kind: 'problem', reason: 'no_recipient' }]);
  });

  it.each([
    ['=> :blackhole: <a@x.example> R=r'],
    ['*> a@x.example R=r T=smtp'],
    ['(= a@x.example fakereject'],
    ['<= s@x.example H=app [10.0.0.1] P=esmtp S=1234 for a@x.example'],
    ['Completed'],
    ['Completed QT=3s'],
    ['Frozen (delivery error message)'],
    ['H=mx.example.net [192.0.2.9]: SMTP error from remote mail server after RCPT TO:<x@y.example>: 450 later'],
  ])('%s is not a delivery', (rest) => {
    expect(read(`${ID} ${rest}`)).toMatchObject([{ kind: 'ignored' }]);
  });
});

describe('exim: failures', () => {
  it.each([
    [
      'R=r T=smtp H=mx [192.0.2.9]: SMTP error from remote mail server after RCPT TO:<a@x.example>: 550 5.1.1 unknown',
      'bounced',
      550,
      '5.1.1',
      'rcpt',
      true,
    ],
    [
      'R=r T=smtp H=mx [192.0.2.9] X=TLS1.3:x:256 CV=yes DN="CN=mx": SMTP error from remote mail server after end of data: 554 5.7.1 spam',
      'bounced',
      554,
      '5.7.1',
      'end_of_data',
      true,
    ],
    [
      'R=r T=smtp H=mx [192.0.2.9]: SMTP error from remote mail server after initial connection: 554 no',
      'bounced',
      554,
      undefined,
      'connect',
      true,
    ],
    [
      'R=r T=smtp H=mx [192.0.2.9]: SMTP error from remote mail server after pipelined MAIL FROM:<s@x.example> SIZE=9: 550 no',
      'bounced',
      550,
      undefined,
      'mail',
      true,
    ],
    ['R=r T=lmtp: LMTP error after pipelined end of data: 552 5.2.2 full', 'bounced', 552, '5.2.2', 'end_of_data', true],
    [': Unrouteable address', 'bounced', undefined, undefined, undefined, true],
    ['R=r: all relevant MX records point to non-existent hosts', 'bounced', undefined, undefined, undefined, true],
    [': retry timeout exceeded', 'expired', undefined, undefined, undefined, false],
    ['R=r T=smtp: retry time not reached for any host after a long failure period', 'expired', undefined, undefined, undefined, false],
    [
      "R=r T=smtp : all hosts for 'x.example' have been failing for a long time (and retry time not reached)",
      'expired',
      undefined,
      undefined,
      undefined,
      false,
    ],
    [
      'R=r T=smtp H=mx [192.0.2.9]: SMTP error from remote mail server after RCPT TO:<a@x.example>: 451 4.7.1 later: retry timeout exceeded',
      'expired',
      451,
      '4.7.1',
      'rcpt',
      false,
    ],
  ])('** %s', (rest, ...wanted) => {
    const [type, code, enhanced, phase, permanent] = wanted;
    const [event] = events(`${ID} ** a@x.example${rest.startsWith(':') ? '' : ' '}${rest}`);
    expect(event).toMatchObject({ type, recipient: 'a@x.example', permanent });
    expect([event?.smtp?.code, event?.smtp?.enhanced, event?.phase]).toEqual([code, enhanced, phase]);
  });

  it.each([
    [
      'R=r T=smtp defer (-44) H=mx [192.0.2.9]: SMTP error from remote mail server after RCPT TO:<a@x.example>: 451 Temporary',
      'SMTP error from remote mail server after RCPT TO:<a@x.example>: 451 Temporary',
      451,
    ],
    [
      'R=r T=smtp H=mx [192.0.2.9] defer (-44): SMTP error from remote mail server after RCPT TO:<a@x.example>: 452 4.2.2 full',
      'SMTP error from remote mail server after RCPT TO:<a@x.example>: 452 4.2.2 full',
      452,
    ],
    [
      'R=r T=smtp defer (110): Connection timed out H=mx [192.0.2.9]: SMTP timeout after RCPT TO:<a@x.example>',
      'SMTP timeout after RCPT TO:<a@x.example>',
      undefined,
    ],
    ['R=r T=smtp defer (111): Connection refused', 'Connection refused', undefined],
    ['R=r defer (-1): host lookup did not complete', 'host lookup did not complete', undefined],
  ])('== %s', (rest, text, code) => {
    const [event] = events(`${ID} == a@x.example ${rest}`);
    expect(event).toMatchObject({ type: 'deferred', permanent: false, smtp: { text } });
    expect(event?.smtp?.code).toBe(code);
  });

  it('a line that says that the retry time is not reached is not an attempt', () => {
    const results = read(
      `${ID} == a@x.example R=r T=smtp defer (-53): retry time not reached for any host for 'x.example'`,
      `${ID} == a@x.example routing defer (-51): retry time not reached`,
      `${ID} == a@x.example R=r T=local defer (-52): Retry time not yet reached`,
    );
    expect(results).toMatchObject([{ kind: 'ignored' }, { kind: 'ignored' }, { kind: 'ignored' }]);
  });

  it('restores the line breaks of a reply', () => {
    const [event] = events(
      `${ID} ** a@x.example R=r T=smtp H=mx [192.0.2.9] : SMTP error from remote mail server after end of data: 550-one\\n550 two`,
    );
    expect(event?.smtp?.text).toBe('SMTP error from remote mail server after end of data: 550-one\n550 two');
  });
});

describe('exim: its own bounces', () => {
  it('deliveries of a bounce produce no events until its message id is completed', () => {
    const results = read(
      `${ID} <= <> R=1tAbCe-0001Xy-2Z U=exim P=local S=9`,
      `${ID} => s@x.example R=r T=smtp H=mx [192.0.2.9]`,
      `${ID} Completed`,
      `${ID} => s@x.example R=r T=smtp H=mx [192.0.2.9]`,
    );
    expect(results.map(({ kind }) => kind)).toEqual(['ignored', 'ignored', 'ignored', 'event']);
  });

  it('the sender in the line itself takes precedence', () => {
    expect(read(`${ID} ** s@x.example F=<> R=r T=smtp: Unrouteable address`)).toMatchObject([{ kind: 'ignored' }]);
    expect(read(`${ID} ** s@x.example P=<> R=r T=smtp: Unrouteable address`)).toMatchObject([{ kind: 'ignored' }]);
  });

  it('the number of remembered bounces is limited', () => {
    const bounces = createBounces(undefined, 2);
    for (const id of ['a', 'b', 'c']) bounces.add(id);
    expect([bounces.has('a'), bounces.has('b'), bounces.has('c')]).toEqual([false, true, true]);
    expect(createBounces({ version: 1, bounces: ['x'] }).has('x')).toBe(true);
    for (const state of [undefined, 7, {}, { version: 1, bounces: [7] }, { version: 9, bounces: ['x'] }])
      expect(createBounces(state).has('x')).toBe(false);
  });
});

describe('exim: time and prefix', () => {
  const deliver = `${ID} => a@x.example R=r T=smtp H=mx [192.0.2.9]`;

  it.each([
    [`2026-03-11 11:00:00.250 ${deliver}`, '2026-03-11T10:00:00.250Z'],
    [`2026-03-11 11:00:00 +0000 ${deliver}`, '2026-03-11T11:00:00.000Z'],
    [`2026-03-11 11:00:00.250 -0500 ${deliver}`, '2026-03-11T16:00:00.250Z'],
    [`2026-03-11 11:00:00 [4711] ${deliver}`, '2026-03-11T10:00:00.000Z'],
    [`2026-03-11 11:00:00 ${deliver.replace(ID, '1w0AbC-00000000XyZ-1aBc')}`, '2026-03-11T10:00:00.000Z'],
    [`Mar 11 09:00:00 host exim[1]: 2026-03-11 11:00:00 ${deliver}`, '2026-03-11T10:00:00.000Z'],
    [`Mar 11 11:00:00 host exim[1]: ${deliver}`, '2026-03-11T10:00:00.000Z'],
  ])('%s', (line, wanted) => {
    const [result] = exim.normalise(Buffer.from(line), context);
    expect(result?.kind === 'event' && new Date(result.event.occurredAt).toISOString()).toBe(wanted);
  });

  it('a local time without a configured zone is a problem, but only on lines that need a time', () => {
    const { timezone: _, ...without } = context;
    expect(exim.normalise(Buffer.from(`2026-03-11 11:00:00 ${deliver}`), without)).toMatchObject([{ kind: 'problem', reason: 'invalid' }]);
    expect(exim.normalise(Buffer.from('2026-03-11 11:00:00 Start queue run: pid=1'), without)).toMatchObject([{ kind: 'ignored' }]);
  });

  it('a line without a time is a problem; lines of other programs in the same syslog are ignored', () => {
    expect(exim.normalise(Buffer.from('hello'), context)).toMatchObject([{ kind: 'problem', reason: 'unreadable' }]);
    expect(exim.normalise(Buffer.from('Mar 11 09:00:00 host dovecot: x'), context)).toMatchObject([{ kind: 'ignored' }]);
  });
});
