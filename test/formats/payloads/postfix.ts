import type { FormatCases } from '../cases.ts';

const told = { recipient: 'a@example.com', occurred_at: '2026-03-01T10:00:00.000Z', message_id: '4C1F0A2B33' };
const at = (program: string, rest: string): string => `Mar  1 10:00:00 mail postfix/${program}[77]: 4C1F0A2B33: ${rest}`;
const context = { timezone: 'UTC' };
const relay = 'relay=mx.example.com[192.0.2.9]:25, delay=1.1, delays=0.1/0/0.5/0.5';

export const postfix: FormatCases = {
  format: 'postfix',
  cases: [
    {
      name: 'one mail until it expires',
      context,
      payload: [
        at('smtpd', 'client=app[10.0.0.1]'),
        at('cleanup', 'message-id=<m-1@sender.example>'),
        at('qmgr', 'from=<s@sender.example>, size=2811, nrcpt=3 (queue active)'),
        at(
          'smtp',
          `to=<a@example.com>, ${relay}, dsn=4.4.1, status=deferred (connect to mx.example.com[192.0.2.9]:25: Connection timed out)`,
        ),
        at(
          'smtp',
          `to=<b@example.com>, orig_to=<Info@example.com>, ${relay}, dsn=5.1.1, status=bounced (host mx.example.com[192.0.2.9] said: 550 5.1.1 no such user (in reply to RCPT TO command))`,
        ),
        at('smtp', `to=<c@example.com>, ${relay}, dsn=2.0.0, status=sent (250 2.0.0 OK)`),
        at('qmgr', 'from=<s@sender.example>, status=expired, returned to sender'),
        at('bounce', 'sender non-delivery notification: 9D00AA11FF'),
        at('qmgr', 'removed'),
      ].join('\n'),
      outcomes: [
        { ignored: 'no delivery attempt' },
        { ignored: 'no delivery attempt' },
        { ignored: 'no delivery attempt' },
        {
          ...told,
          type: 'deferred',
          enhanced_status: '4.4.1',
          diagnostic: 'connect to mx.example.com[192.0.2.9]:25: Connection timed out',
          permanent: false,
        },
        {
          ...told,
          type: 'bounced',
          recipient: 'info@example.com',
          smtp_code: 550,
          enhanced_status: '5.1.1',
          diagnostic: 'host mx.example.com[192.0.2.9] said: 550 5.1.1 no such user',
          permanent: true,
        },
        { ...told, type: 'delivered', recipient: 'c@example.com', smtp_code: 250, enhanced_status: '2.0.0', diagnostic: '250 2.0.0 OK' },
        { ...told, type: 'expired', permanent: false },
        { ignored: 'no delivery attempt' },
        { ignored: 'no delivery attempt' },
      ],
    },
    {
      name: 'lines of other kinds',
      context,
      payload: [
        at(
          'smtp',
          'to=<a@example.com>, relay=127.0.0.1[127.0.0.1]:10024, delay=1, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 153053D)',
        ),
        at('discard', 'to=<a@example.com>, relay=none, delay=1, dsn=2.0.0, status=sent (example.com)'),
        at('smtp', 'to=<a@example.com>, relay=mx.example.com[192.0.2.9]:25, delay=1, dsn=2.1.5, status=deliverable (250 ok)'),
        at(
          'smtp',
          `to=<a@example.com>, ${relay}, dsn=5.7.1, status=SOFTBOUNCE (host mx.example.com[192.0.2.9] said: 550 5.7.1 no (in reply to end of DATA command))`,
        ),
        'Mar  1 10:00:00 mx postfix/smtpd[4242]: NOQUEUE: reject: RCPT from unknown[198.51.100.7]: 550 5.1.1 <n@x.example>: unknown; from=<s@x.example> to=<n@x.example>',
        'Mar  1 10:00:00 mail last message repeated 2 times',
        'Mar  1 10:00:00 mail dovecot: imap-login: Login',
        'cut in the middle',
        at('qmgr', 'from=<s@sender.example>, status=expired, returned to sender'),
        at('qmgr', 'from=<s@sender.example>, status=expired, returned to sender'),
        at('local', 'to=root@localhost, relay=local, delay=0.05, dsn=5.1.1, status=bounced (unknown user: "root")'),
      ].join('\n'),
      outcomes: [
        { ignored: 'handed over on this host' },
        { ignored: 'handed over on this host' },
        { ignored: 'an address probe' },
        {
          ...told,
          type: 'deferred',
          smtp_code: 550,
          enhanced_status: '5.7.1',
          diagnostic: 'host mx.example.com[192.0.2.9] said: 550 5.7.1 no',
          permanent: false,
        },
        { ignored: 'no delivery attempt' },
        { ignored: 'a repeated line' },
        { ignored: 'a line of another program' },
        { problem: 'unreadable' },
        { ...told, type: 'expired', permanent: false },
        { problem: 'no_recipient' },
        {
          ...told,
          type: 'bounced',
          recipient: 'root@localhost',
          enhanced_status: '5.1.1',
          diagnostic: 'unknown user: "root"',
          permanent: true,
        },
      ],
    },
    {
      name: 'RFC 3339 times need no zone',
      payload: `2026-03-01T11:00:00.123456+01:00 mail postfix-out/smtp[77]: 3gV5kf0nDLzmS7q: to=<a@example.com>, ${relay}, dsn=2.0.0, status=sent (250 OK)`,
      outcomes: [
        {
          ...told,
          occurred_at: '2026-03-01T10:00:00.123Z',
          message_id: '3gV5kf0nDLzmS7q',
          type: 'delivered',
          smtp_code: 250,
          enhanced_status: '2.0.0',
          diagnostic: '250 OK',
        },
      ],
    },
  ],
};
