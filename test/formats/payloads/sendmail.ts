import type { FormatCases } from '../cases.ts';

const ID = 'w4L9Y95v026614';
const told = { occurred_at: '2026-03-01T10:00:00.000Z', message_id: ID };
const at = (rest: string, program = 'sm-mta[26616]'): string => `Mar  1 11:00:00 mail ${program}: ${rest}`;
const common = 'delay=00:00:01, xdelay=00:00:01, mailer=esmtp, pri=120354, relay=mx.example.com. [192.0.2.9]';

export const sendmail: FormatCases = {
  format: 'sendmail',
  cases: [
    {
      name: 'one mail to several, and what was given up',
      context: { timezone: 'Europe/Paris' },
      payload: [
        at(
          `${ID}: from=<s@sender.example>, size=345, class=0, nrcpts=4, msgid=<m-1@sender.example>, proto=ESMTP, daemon=MTA, relay=app [192.0.2.1]`,
        ),
        at(
          `${ID}: to=<a@example.com>,<b@example.com>, ctladdr=<s@sender.example> (0/0), ${common}, dsn=2.0.0, stat=Sent (Ok: queued as 1)`,
        ),
        at(`${ID}: to=<c@example.com>, ${common}, dsn=4.2.2, stat=Deferred: 452 4.2.2 full`),
        at(`${ID}: to=<d@example.com>, ${common}, dsn=5.1.1, reply=550 5.1.1 <d@example.com>, no such user, stat=User unknown`),
        at(`${ID}: to=e@example.com, ${common}, dsn=5.1.2, stat=Host unknown (Name server: example.com: host not found)`),
        at(`${ID}: to=root, delay=00:00:00, mailer=local, pri=1, dsn=2.0.0, stat=Sent`),
        at(
          `${ID}: to=<a@example.com>, delay=00:00:00, mailer=relay, pri=1, relay=[127.0.0.1] [127.0.0.1], dsn=2.0.0, stat=Sent (ok)`,
          'sendmail[1]',
        ),
        at(`${ID}: to=<a@example.com>, delay=00:00:00, mailer=esmtp, pri=1, stat=queued`),
        at(`${ID}: w4L9Y95w026614: return to sender: Cannot send message for 5 days`),
        at(`w4L9Y95w026614: to=<s@sender.example>, ${common}, dsn=2.0.0, stat=Sent (ok)`),
        at(`${ID}: w4L9Y95x026614: sender notify: Warning: could not send message for past 4 hours`),
        at(`${ID}: to=<a@example.com>, delay=00:00:00, mailer=es`),
        at('imap-login: x', 'dovecot'),
        'no line',
      ].join('\n'),
      outcomes: [
        { ignored: 'no delivery attempt' },
        ...['a', 'b'].map((name) => ({
          ...told,
          type: 'delivered' as const,
          recipient: `${name}@example.com`,
          enhanced_status: '2.0.0',
          diagnostic: 'Ok: queued as 1',
        })),
        {
          ...told,
          type: 'deferred',
          recipient: 'c@example.com',
          smtp_code: 452,
          enhanced_status: '4.2.2',
          diagnostic: '452 4.2.2 full',
          permanent: false,
        },
        {
          ...told,
          type: 'bounced',
          recipient: 'd@example.com',
          smtp_code: 550,
          enhanced_status: '5.1.1',
          diagnostic: '550 5.1.1 <d@example.com>, no such user',
          permanent: true,
        },
        {
          ...told,
          type: 'bounced',
          recipient: 'e@example.com',
          enhanced_status: '5.1.2',
          diagnostic: 'Host unknown (Name server: example.com: host not found)',
          permanent: true,
        },
        { ignored: 'handed over on this host' },
        { ignored: 'handed over on this host' },
        { ignored: 'queued: no attempt' },
        { ...told, type: 'expired', recipient: 'c@example.com', diagnostic: 'Cannot send message for 5 days', permanent: false },
        { ignored: 'the delivery of a bounce' },
        { ignored: 'no delivery attempt' },
        { problem: 'invalid' },
        { ignored: 'a line of another program' },
        { problem: 'unreadable' },
      ],
    },
  ],
};
