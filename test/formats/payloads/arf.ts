import type { FormatCases } from '../cases.ts';

const told = {
  recipient: 'a@example.com',
  occurred_at: '2026-03-01T10:00:00.000Z',
  message_id: 'm-1@sender.example',
  event_id: 'fbl-1@isp.example',
};

function report(feedback: string, to = 'a@example.com'): string {
  return `From: <fbl@isp.example>
Date: Sun, 01 Mar 2026 10:00:00 GMT
Subject: FW: hello
Message-ID: <fbl-1@isp.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report;
    boundary="part1_boundary"

--part1_boundary
Content-Type: text/plain; charset="US-ASCII"

This is an abuse report.

--part1_boundary
Content-Type: message/feedback-report

${feedback}
User-Agent: SomeGenerator/1.0
Version: 1

--part1_boundary
Content-Type: message/rfc822
Content-Disposition: inline

From: <s@sender.example>
To: ${to}
Subject: hello
Message-ID: <m-1@sender.example>

hello
--part1_boundary--
`;
}

export const arf: FormatCases = {
  format: 'arf',
  cases: [
    {
      name: 'complaints of several',
      payload: report(
        'Feedback-Type: abuse\nOriginal-Rcpt-To: <a@example.com>\nOriginal-Rcpt-To: B@example.com\nOriginal-Rcpt-To: redacted@example.com',
      ),
      outcomes: [{ ...told, type: 'complained' }, { ...told, type: 'complained', recipient: 'b@example.com' }, { problem: 'no_recipient' }],
    },
    {
      name: 'an opt-out',
      payload: report('Feedback-Type: opt-out\nRemoval-Recipient: r@example.com'),
      outcomes: [{ ...told, type: 'unsubscribed', recipient: 'r@example.com' }],
    },
    {
      name: 'not spam',
      payload: report('Feedback-Type: not-spam\nOriginal-Rcpt-To: a@example.com'),
      outcomes: [{ ignored: 'a report that is not a complaint' }],
    },
    { name: 'only the mail names somebody', payload: report('Feedback-Type: abuse'), outcomes: [{ ...told, type: 'complained' }] },
    {
      name: 'nobody is named',
      payload: report('Feedback-Type: abuse', '<Undisclosed Recipients>'),
      outcomes: [{ problem: 'no_recipient' }],
    },
    {
      name: "Microsoft's form",
      payload:
        'From: staff@hotmail.example\nDate: Sun, 01 Mar 2026 10:00:00 GMT\nMessage-ID: <fbl-1@isp.example>\nSubject: complaint about message from 192.0.2.1\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\nX-HmXmrOriginalRecipient: a@example.com\nMessage-ID: <m-1@sender.example>\n\nhello\n--b--\n',
      outcomes: [{ ...told, type: 'complained' }],
    },
  ],
};
