import type { FormatCases } from '../cases.ts';

const told = { occurred_at: '2026-03-01T10:00:00.000Z', message_id: 'm-1@sender.example', event_id: 'report-1@mx.example' };

function report(groups: readonly string[], head = ''): string {
  return `Return-Path: <>
From: MAILER-DAEMON@mx.example (Mail Delivery System)
Date: Sun,  1 Mar 2026 11:00:00 +0100 (CET)
Message-Id: <report-1@mx.example>
${head}MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
	boundary="4C1F0A2B33.1772359200/mx.example"

This is a MIME-encapsulated message.

--4C1F0A2B33.1772359200/mx.example
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients.

--4C1F0A2B33.1772359200/mx.example
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example
Arrival-Date: Sun,  1 Mar 2026 10:59:00 +0100 (CET)

${groups.join('\n\n')}

--4C1F0A2B33.1772359200/mx.example
Content-Type: message/rfc822

Message-ID: <m-1@sender.example>
From: s@sender.example
To: a@example.com
Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=

Hello

--4C1F0A2B33.1772359200/mx.example--
`;
}

export const dsn: FormatCases = {
  format: 'dsn',
  cases: [
    {
      name: 'recipients with actions of their own',
      payload: report([
        'Final-Recipient: rfc822; a@example.com\nOriginal-Recipient: rfc822;a+2Btag@example.com\nAction: failed\nStatus: 5.1.1\nRemote-MTA: dns; mx.example.com\nDiagnostic-Code: smtp; 550 5.1.1 no\n    such user',
        'Final-Recipient: rfc822; <b@example.com>\nAction: delayed\nStatus: 4.0.0 (host name lookup failure)',
        'Final-Recipient: rfc822; c@example.com\nAction: failed\nStatus: 4.4.7\nLast-Attempt-Date: Sun, 01 Mar 2026 09:30:00 GMT',
        'Final-Recipient: rfc822; d@example.com\nAction: relayed\nStatus: 2.0.0\nDiagnostic-Code: smtp; 250 2.0.0 Ok',
        'Final-Recipient: rfc822; e@example.com\nAction: deliverable\nStatus: 2.1.5',
        'Final-Recipient: unknown; user_s\nAction: failed\nStatus: 5.0.0',
        'Final-Recipient: utf-8; j\\x{F6}rg@example.com\nAction: failed\nStatus: 5.0.0\nDiagnostic-Code: DNS; Host not found',
      ]),
      outcomes: [
        {
          ...told,
          type: 'bounced',
          recipient: 'a+tag@example.com',
          smtp_code: 550,
          enhanced_status: '5.1.1',
          diagnostic: '550 5.1.1 no such user',
          permanent: true,
        },
        {
          ...told,
          type: 'deferred',
          recipient: 'b@example.com',
          enhanced_status: '4.0.0',
          diagnostic: 'host name lookup failure',
          permanent: false,
        },
        {
          ...told,
          type: 'expired',
          recipient: 'c@example.com',
          occurred_at: '2026-03-01T09:30:00.000Z',
          enhanced_status: '4.4.7',
          permanent: false,
        },
        { ...told, type: 'delivered', recipient: 'd@example.com', smtp_code: 250, enhanced_status: '2.0.0', diagnostic: '250 2.0.0 Ok' },
        { ignored: 'an address probe' },
        { problem: 'no_recipient' },
        {
          ...told,
          type: 'bounced',
          recipient: 'jörg@example.com',
          enhanced_status: '5.0.0',
          diagnostic: 'Host not found',
          permanent: true,
        },
      ],
    },
    {
      name: 'one recipient',
      payload: report([
        'Final-Recipient: rfc822; a@example.com\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 no such user',
      ]),
      outcomes: [
        {
          ...told,
          type: 'bounced',
          recipient: 'a@example.com',
          smtp_code: 550,
          enhanced_status: '5.1.1',
          diagnostic: '550 5.1.1 no such user',
          permanent: true,
        },
      ],
    },
    { name: 'no recipient at all', payload: report([]), outcomes: [{ problem: 'invalid' }] },
    {
      name: 'a vacation',
      payload:
        'From: a@example.com\nDate: Sun, 1 Mar 2026 10:00:00 +0000\nAuto-Submitted: auto-replied\nSubject: Re: hello\n\nI am away.\n',
      outcomes: [{ ignored: 'an automatic reply' }],
    },
    {
      name: 'a bounce of qmail',
      payload:
        'From: MAILER-DAEMON@example.com\nDate: 1 Mar 2026 10:00:00 -0000\nSubject: failure notice\n\nHi. This is the qmail-send program.\n\n<a@example.com>:\nno mailbox here\n',
      outcomes: [{ problem: 'invalid' }],
    },
  ],
};
