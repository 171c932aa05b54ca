import { describe, expect, it } from 'vitest';
import { dsn } from './dsn.ts';
import type { NormaliseContext, Normalised } from './format.ts';

const context: NormaliseContext = { tenant: 'acme', stream: 'news', referenceTime: Date.parse('2026-03-12T00:00:00Z') };

interface Report {
  readonly head?: string;
  readonly message?: string;
  readonly groups?: readonly string[];
  readonly status?: string;
  readonly returned?: string;
}

const GROUP = 'Final-Recipient: rfc822; a@x.example\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 no such user';

/** A report as Postfix writes it. Each part can be replaced. */
function report({
  head = '',
  message = 'Reporting-MTA: dns; us.example',
  groups = [GROUP],
  status = 'message/delivery-status',
  returned,
}: Report = {}): string {
  return `From: MAILER-DAEMON@us.example
Date: Wed, 11 Mar 2026 10:00:00 +0000 (UTC)
Message-ID: <report-1@us.example>
${head}Content-Type: multipart/report; report-type=delivery-status; boundary="b1/us.example"

--b1/us.example
Content-Type: text/plain

Sorry.

--b1/us.example
Content-Type: ${status}

${[message, ...groups].join('\n\n')}

--b1/us.example
${returned ?? 'Content-Type: text/rfc822-headers\n\nMessage-ID: <mail-1@us.example>\nTo: a@x.example'}

--b1/us.example--
`;
}

function read(mail: string): readonly Normalised[] {
  return dsn.normalise(Buffer.from(mail), context);
}

function events(mail: string) {
  return read(mail).flatMap((one) => (one.kind === 'event' ? [one.event] : []));
}

describe('dsn: a report', () => {
  it('the first problem contains the mail, the others only its header', () => {
    const groups = Array.from({ length: 500 }, (_, at) => `Final-Recipient: unknown; nobody-${at}\nAction: failed\nStatus: 5.0.0`);
    const mail = report({ groups });
    const [first, ...others] = read(mail).map((one) => (one.kind === 'problem' ? one.raw : undefined));
    expect(first).toBe(mail);
    expect(others).toEqual(Array(499).fill(mail.slice(0, 4_096)));
  });

  it('produces one event per recipient', () => {
    expect(events(report())).toMatchObject([
      {
        id: 'report-1@us.example',
        type: 'bounced',
        recipient: 'a@x.example',
        messageId: 'mail-1@us.example',
        smtp: { code: 550, enhanced: '5.1.1', text: '550 5.1.1 no such user' },
        permanent: true,
        occurredAt: Date.parse('2026-03-11T10:00:00Z'),
      },
    ]);
  });

  it.each([
    ['failed', '5.1.1', 'bounced true'],
    ['Failed (gave up)', '5.1.1', 'bounced true'],
    ['failed', '4.4.7', 'expired false'],
    ['failed', '5.4.312', 'bounced true'],
    ['delayed', '4.4.1', 'deferred false'],
    ['delayed', '5.1.1', 'deferred false'],
    ['delivered', '2.0.0', 'delivered undefined'],
    ['relayed', '2.0.0', 'delivered undefined'],
    ['expanded', '2.0.0', 'delivered undefined'],
    ['', '5.1.1', 'bounced true'],
    ['', '4.4.1', 'deferred false'],
    ['', '2.0.0', 'delivered undefined'],
  ])('action "%s" with status %s is %s', (action, status, wanted) => {
    const group = `Final-Recipient: rfc822; a@x.example\n${action === '' ? '' : `Action: ${action}\n`}Status: ${status}`;
    expect(events(report({ groups: [group] })).map(({ type, permanent }) => `${type} ${String(permanent)}`)).toEqual([wanted]);
  });

  it('an address probe is ignored', () => {
    for (const action of ['deliverable', 'undeliverable']) {
      expect(read(report({ groups: [`Final-Recipient: rfc822; a@x.example\nAction: ${action}\nStatus: 2.0.0`] }))).toMatchObject([
        { kind: 'ignored' },
      ]);
    }
  });

  it('without a status, the class of the reply decides', () => {
    const group = (reply: string): string => `Final-Recipient: rfc822; a@x.example\nAction: failed\nDiagnostic-Code: smtp; ${reply}`;
    const told = (reply: string): readonly unknown[] =>
      events(report({ groups: [group(reply)] })).map(({ type, permanent }) => [type, permanent]);
    expect([told('550 no'), told('452 full'), told('gone')]).toEqual([[['bounced', true]], [['expired', false]], [['bounced', undefined]]]);
  });

  it.each([
    ['Diagnostic-Code: smtp; 550 5.1.1 no\n such user', '550 5.1.1 no such user', 550],
    ['Diagnostic-Code: 550 5.1.1 no such user', '550 5.1.1 no such user', 550],
    ['Diagnostic-Code: x-unix; user unknown', 'user unknown', undefined],
    ['Diagnostic-Code: DNS; Host not found', 'Host not found', undefined],
    ['Diagnostic-Code: smtp;host mx.example:25 says:\n 550 5.4.1 Access denied', 'host mx.example:25 says: 550 5.4.1 Access denied', 550],
    ['X-Nothing: 1', undefined, undefined],
  ])('%s', (field, text, code) => {
    const [event] = events(report({ groups: [`Final-Recipient: rfc822; a@x.example\nAction: failed\nStatus: 5.0.0\n${field}`] }));
    expect([event?.smtp?.text, event?.smtp?.code, event?.smtp?.enhanced]).toEqual([text, code, '5.0.0']);
  });

  it('a comment in the status replaces a missing reply', () => {
    const group = 'Final-Recipient: rfc822; a@x.example\nAction: delayed\nStatus: 4.0.0 (x.example: host name lookup failure)';
    expect(events(report({ groups: [group] }))[0]?.smtp).toEqual({ enhanced: '4.0.0', text: 'x.example: host name lookup failure' });
  });

  it.each([
    ['dns; mx.x.example', 'mx.x.example'],
    ['dns; mx.x.example.:25 (192.0.2.9, the server of x.example)', 'mx.x.example'],
    ['mx.x.example', 'mx.x.example'],
  ])('Remote-MTA: %s', (value, host) => {
    expect(events(report({ groups: [`${GROUP}\nRemote-MTA: ${value}`] }))[0]?.remoteHost).toBe(host);
  });
});

describe('dsn: recipient', () => {
  it.each([
    ['Final-Recipient: rfc822; a@x.example', 'a@x.example'],
    ['Final-Recipient: RFC822;<A@X.example>', 'a@x.example'],
    ['Final-Recipient: a@x.example', 'a@x.example'],
    ['Final-Recipient: rfc822; a@x.example (Anna)', 'a@x.example'],
    ['Original-Recipient: rfc822;o@x.example\nFinal-Recipient: rfc822; a@y.example', 'o@x.example'],
    ['Final-Recipient: rfc822; a@y.example\nOriginal-Recipient: rfc822;o@x.example', 'o@x.example'],
    ['Original-Recipient: rfc822;\nFinal-Recipient: rfc822; a@y.example', 'a@y.example'],
    ['Original-Recipient: unknown; somebody\nFinal-Recipient: rfc822; a@y.example', 'a@y.example'],
    ['Original-Recipient: rfc822;o+2Btag+3Dx@x.example\nFinal-Recipient: rfc822; a@y.example', 'o+tag=x@x.example'],
    ['Original-Recipient: rfc822;o+tag@x.example\nFinal-Recipient: rfc822; a@y.example', 'o+tag@x.example'],
    ['Final-Recipient: utf-8; j\\x{F6}rg@x.example', 'jörg@x.example'],
    ['Final-Recipient: utf-8; jörg@x.example', 'jörg@x.example'],
    ['Final-Recipient: rfc822; ******@*****\nOriginal-Recipient: rfc822;o@x.example', 'o@x.example'],
  ])('%s', (fields, recipient) => {
    expect(events(report({ groups: [`${fields}\nAction: failed\nStatus: 5.1.1`] })).map((event) => event.recipient)).toEqual([recipient]);
  });

  it('is missing if no address is named', () => {
    expect(read(report({ groups: ['Final-Recipient: unknown; user_s\nAction: failed\nStatus: 5.0.0'] }))).toMatchObject([
      { kind: 'problem', reason: 'no_recipient' },
    ]);
    expect(read(report({ groups: [] }))).toMatchObject([{ kind: 'problem', reason: 'invalid' }]);
  });

  it('each recipient keeps its own action; an alias that occurs twice gets two event ids', () => {
    const alias = (final: string): string =>
      `Original-Recipient: rfc822; all@x.example\nFinal-Recipient: rfc822; ${final}\nAction: failed\nStatus: 5.1.1`;
    const found = events(
      report({
        groups: [GROUP, 'Final-Recipient: rfc822; b@x.example\nAction: delayed\nStatus: 4.0.0', alias('c@x.example'), alias('d@x.example')],
      }),
    );
    expect(found.map(({ type, recipient }) => `${type} ${recipient}`)).toEqual([
      'bounced a@x.example',
      'deferred b@x.example',
      'bounced all@x.example',
      'bounced all@x.example',
    ]);
    expect(found.map(({ id }) => id).slice(0, 3)).toEqual(['report-1@us.example', 'report-1@us.example', 'report-1@us.example']);
    expect(found[3]?.id).not.toBe('report-1@us.example');
  });
});

describe('dsn: time and message id', () => {
  it.each([
    ['Last-Attempt-Date: Tue, 10 Mar 2026 09:00:00 -0500', '2026-03-10T14:00:00.000Z'],
    ['Last-Attempt-Date: 2012-10-31 04-46-42', '2026-03-11T10:00:00.000Z'],
    ['Arrival-Date: Tue, 10 Mar 2026 09:00:00 -0500', '2026-03-11T10:00:00.000Z'],
  ])('%s', (field, wanted) => {
    const [event] = events(report({ groups: [`${GROUP}\n${field}`] }));
    expect(new Date(event?.occurredAt ?? 0).toISOString()).toBe(wanted);
  });

  it('the time is Arrival-Date if nothing else is given; without any it is a problem', () => {
    const undated = (message: string): string => report({ message }).replace(/^Date: .*\n/m, '');
    expect(events(undated('Arrival-Date: Thu, 02 Jul 20 18:55:38 UTC'))[0]?.occurredAt).toBe(Date.parse('2020-07-02T18:55:38Z'));
    expect(read(undated('Reporting-MTA: dns; us.example'))).toMatchObject([{ kind: 'problem', reason: 'invalid' }]);
  });

  it.each([
    ['Content-Type: message/rfc822\n\nMessage-Id: <m@us.example>\nSubject: x\n\nMessage-Id: <not@this.example>', 'm@us.example'],
    ['Content-Type: message/global-headers\nContent-Transfer-Encoding: base64\n\nTWVzc2FnZS1JRDogPG1AdXMuZXhhbXBsZT4K', 'm@us.example'],
    ['Content-Type: text/rfc822-headers\nContent-Transfer-Encoding: quoted-printable\n\nMessage-ID:=20<m=40us.example>', 'm@us.example'],
    ['Content-Type: text/rfc822-headers\n\nSubject: none', undefined],
    ['Content-Type: message/delivery-status\n\nSubject: mislabelled\nMessage-ID: <m@us.example>', 'm@us.example'],
  ])('%j', (returned, messageId) => {
    expect(events(report({ returned }))[0]?.messageId).toBe(messageId);
  });

  it('Gmail gives the message id in the status part', () => {
    const message = 'Reporting-MTA: dns; googlemail.com\nX-Original-Message-ID: <g@us.example>';
    expect(events(report({ message, returned: 'Content-Type: text/plain\n\nx' }))[0]?.messageId).toBe('g@us.example');
  });

  it('without a Message-ID the event id is derived from the status part', () => {
    const unnamed = report().replace(/^Message-ID: <report.*\n/m, '');
    const [first, again, other] = [unnamed, unnamed, unnamed.replace('no such user', 'full')].map((mail) => events(mail)[0]?.id);
    expect(again).toBe(first);
    expect(other).not.toBe(first);
  });
});

describe('dsn: real mails', () => {
  it.each([
    ['with the line of a mailbox on top', `From MAILER-DAEMON Wed Mar 11 10:00:00 2026\n${report()}`],
    ['with CRLF', report().replaceAll('\n', '\r\n')],
    ['without a closing boundary', report().replace('--b1/us.example--\n', '')],
    ['cut behind the status', report().slice(0, report().indexOf('no such user') + 13)],
    ['without a boundary parameter', report().replace('; boundary="b1/us.example"', '')],
    ['with blank lines on top', `\n\n${report()}`],
    ['with a label of UTF-8', report({ status: 'message/global-delivery-status' })],
    ['with a label of plain text', report({ status: 'text/plain' })],
    ['without a blank line behind the message', report({ message: `Reporting-MTA: dns; us.example\n${GROUP}`, groups: [] })],
    ['with a blank line inside of the recipient', report({ groups: [GROUP.replace('\nAction', '\n\nAction')] })],
    ['with an Action before the recipient', report({ groups: [GROUP.split('\n').reverse().join('\n')] })],
    [
      'with the status as base64',
      report({
        status: 'message/global-delivery-status\nContent-Transfer-Encoding: base64',
        message: Buffer.from(`Reporting-MTA: dns; x\n\n${GROUP}\n`).toString('base64'),
        groups: [],
      }),
    ],
    [
      'with the same status part twice',
      report().replace(
        '--b1/us.example\nContent-Type: text/rfc822',
        `--b1/us.example\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; us.example\n\n${GROUP}\n\n--b1/us.example\nContent-Type: text/rfc822`,
      ),
    ],
  ])('%s', (_name, mail) => {
    expect(events(mail).map(({ type, recipient, smtp }) => [type, recipient, smtp?.code])).toEqual([['bounced', 'a@x.example', 550]]);
  });

  it('text that is labelled as a status part is skipped', () => {
    const prose =
      'Content-Type: message/delivery-status;\n\nThis Message was undeliverable due to the following reason:\n\n<a@x.example> has moved\n\n--b1/us.example\n';
    const mail = report().replace('Content-Type: text/plain\n', `${prose}Content-Type: text/plain\n`);
    expect(events(mail)).toMatchObject([{ type: 'bounced', recipient: 'a@x.example', messageId: 'mail-1@us.example' }]);
  });

  it('an address masked with asterisks is not an address', () => {
    expect(read(report({ groups: ['Final-Recipient: rfc822; ****@****.example\nAction: failed\nStatus: 5.2.0'] }))).toMatchObject([
      { kind: 'problem', reason: 'no_recipient' },
    ]);
  });

  it('the status part is found at any depth', () => {
    const nested = report().replace(
      '--b1/us.example\nContent-Type: message/delivery-status',
      '--b1/us.example\nContent-Type: multipart/mixed; boundary=in\n\n--in\nContent-Type: message/delivery-status',
    );
    expect(events(nested)).toMatchObject([{ type: 'bounced' }]);
  });

  it('a forwarded report is not read', () => {
    const forwarded = `From: a@x.example\nDate: Wed, 11 Mar 2026 10:00:00 +0000\nSubject: Fwd\nContent-Type: multipart/mixed; boundary=out\n\n--out\nContent-Type: message/rfc822\n\n${report()}\n--out--\n`;
    expect(read(forwarded)).toMatchObject([{ kind: 'ignored' }]);
  });

  it.each([
    ['a vacation', 'Auto-Submitted: auto-replied\nSubject: Re: hello', 'ignored'],
    ['an old vacation', 'Precedence: auto_reply\nSubject: hello', 'ignored'],
    ['out of office', 'Subject: Out of office: hello', 'ignored'],
    ['a challenge', 'Subject: Please confirm that you are human', 'ignored'],
    ['a mail', 'Subject: hello', 'ignored'],
    ['a bounce in a form of its own', 'From: MAILER-DAEMON@x.example\nSubject: failure notice', 'problem'],
    ['a bounce of Exim', 'From: x@x.example\nX-Failed-Recipients: a@x.example\nSubject: Mail delivery failed', 'problem'],
  ])('%s is not a delivery status', (_name, head, kind) => {
    expect(read(`${head}\nDate: Wed, 11 Mar 2026 10:00:00 +0000\n\nHi. This is the qmail-send program.\n`)).toMatchObject([{ kind }]);
  });

  it('a read receipt and a feedback report are ignored', () => {
    expect(read(report({ status: 'message/disposition-notification' }))).toMatchObject([{ kind: 'ignored' }]);
    expect(read(report({ status: 'message/feedback-report' }))).toMatchObject([{ kind: 'ignored' }]);
  });

  it('a payload that is not a mail is a problem', () => {
    for (const text of ['', 'hello', '{"a":1}', '\u0000\u0001'])
      expect(read(text)).toMatchObject([{ kind: 'problem', reason: 'unreadable' }]);
  });
});
