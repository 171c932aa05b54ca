import { describe, expect, it } from 'vitest';
import { arf } from './arf.ts';
import type { NormaliseContext, Normalised } from './format.ts';

const context: NormaliseContext = { tenant: 'acme', stream: 'news', referenceTime: Date.parse('2026-03-12T00:00:00Z') };
const NAMED = 'Feedback-Type: abuse\nVersion: 1\nOriginal-Rcpt-To: <a@x.example>';
const RETURNED = 'Message-ID: <mail-1@us.example>\nTo: t@x.example\nSubject: hello';

function report(feedback = NAMED, returned = RETURNED): string {
  return `From: <fbl@isp.example>
Date: Wed, 11 Mar 2026 10:00:00 +0000
Message-ID: <fbl-1@isp.example>
Content-Type: multipart/report; report-type=feedback-report; boundary=b1

--b1
Content-Type: text/plain

Somebody complained.

--b1
Content-Type: message/feedback-report

${feedback}

--b1
Content-Type: message/rfc822

${returned}

body
--b1--
`;
}

function read(mail: string): readonly Normalised[] {
  return arf.normalise(Buffer.from(mail), context);
}

const told = (mail: string): readonly string[] =>
  read(mail).map((one) =>
    one.kind === 'event' ? `${one.event.type} ${one.event.recipient}` : one.kind === 'problem' ? one.reason : one.kind,
  );

describe('arf', () => {
  it('reads a complaint', () => {
    expect(read(report())).toMatchObject([
      {
        kind: 'event',
        event: {
          id: 'fbl-1@isp.example',
          type: 'complained',
          recipient: 'a@x.example',
          messageId: 'mail-1@us.example',
          occurredAt: Date.parse('2026-03-11T10:00:00Z'),
        },
      },
    ]);
  });

  it.each([
    ['abuse', ['complained a@x.example']],
    ['FRAUD', ['complained a@x.example']],
    ['virus', ['complained a@x.example']],
    ['other', ['complained a@x.example']],
    ['opt-out', ['unsubscribed a@x.example']],
    ['not-spam', ['ignored']],
    ['auth-failure', ['ignored']],
    ['x-new', ['invalid']],
  ])('feedback of type %s', (type, wanted) => {
    expect(told(report(NAMED.replace('abuse', type)))).toEqual(wanted);
  });

  it('a report without a type is invalid', () => {
    expect(told(report('Version: 1\nOriginal-Rcpt-To: a@x.example'))).toEqual(['invalid']);
  });

  it.each([
    ['Original-Rcpt-To: a@x.example\nRemoval-Recipient: b@x.example', ['complained a@x.example']],
    ['Removal-Recipient: b@x.example', ['complained b@x.example']],
    ['Original-Rcpt-To: rfc822; a@x.example', ['complained a@x.example']],
    [
      'Original-Rcpt-To: <a@x.example>\nOriginal-Rcpt-To: rfc822@x.example\nOriginal-Rcpt-To: <A@x.example>',
      ['complained a@x.example', 'complained rfc822@x.example', 'complained a@x.example'],
    ],
    ['X-HmXmrOriginalRecipient: c@x.example', ['complained c@x.example']],
    ['Source-IP: 192.0.2.1', ['complained t@x.example']],
    ['Original-Rcpt-To: redacted@x.example', ['no_recipient']],
    ['Original-Rcpt-To: 0123456789abcdef0123456789abcdef@x.example', ['no_recipient']],
    ['Original-Rcpt-To: a@x.example\nOriginal-Rcpt-To: redacted@x.example', ['complained a@x.example', 'no_recipient']],
  ])('%s', (fields, wanted) => {
    expect(told(report(`Feedback-Type: abuse\n${fields}`))).toEqual(wanted);
  });

  it('an opt-out concerns the address to be removed', () => {
    expect(told(report('Feedback-Type: opt-out\nOriginal-Rcpt-To: a@x.example\nRemoval-Recipient: b@x.example'))).toEqual([
      'unsubscribed b@x.example',
    ]);
  });

  it('with several or no To addresses the recipient is unknown; the report is kept', () => {
    for (const to of ['a@x.example, b@x.example', '<Undisclosed Recipients>', 'redacted@x.example']) {
      const [one] = read(report('Feedback-Type: abuse', `To: ${to}\nMessage-ID: <m@us.example>`));
      expect(one).toMatchObject({ kind: 'problem', reason: 'no_recipient', detail: expect.stringContaining('message id given') as string });
      expect(one?.kind === 'problem' && one.raw).toContain('<m@us.example>');
    }
  });

  it("Microsoft's report has no feedback-report part", () => {
    const mail = `From: staff@hotmail.example\nDate: Wed, 11 Mar 2026 10:00:00 +0000\nSubject: complaint about message from 192.0.2.1\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\nX-HmXmrOriginalRecipient: <a@hotmail.example>\nMessage-ID: <m@us.example>\nSubject: x\n\nx\n--b--\n`;
    expect(read(mail)).toMatchObject([
      { kind: 'event', event: { type: 'complained', recipient: 'a@hotmail.example', messageId: 'm@us.example' } },
    ]);
    expect(arf.looksLike({ text: mail, first: {} })).toBe(true);
  });

  it.each([
    [
      'a status report',
      report()
        .replace('message/feedback-report', 'message/delivery-status')
        .replace('report-type=feedback-report', 'report-type=delivery-status'),
      ['ignored'],
    ],
    ['a mail', 'From: a@x.example\nSubject: x\n\nhello', ['ignored']],
    ['a report without its part', report().replace('message/feedback-report', 'text/plain'), ['invalid']],
    ['no mail', 'hello', ['unreadable']],
  ])('%s', (_name, mail, wanted) => {
    expect(told(mail)).toEqual(wanted);
  });

  it('the time is that of the report, otherwise of its last hop, otherwise of the original mail', () => {
    const undated = report(`${NAMED}\nArrival-Date: Mon, 09 Mar 2026 10:00:00 +0000`).replace(/^Date: .*\n/m, '');
    const at = (mail: string): string =>
      read(mail).map((one) => (one.kind === 'event' ? new Date(one.event.occurredAt).toISOString() : one.kind))[0] ?? '';
    expect(at(`Received: from x by y with ESMTP; Tue, 10 Mar 2026 10:00:00 +0000\n${undated}`)).toBe('2026-03-10T10:00:00.000Z');
    expect(at(undated)).toBe('2026-03-09T10:00:00.000Z');
  });
});
