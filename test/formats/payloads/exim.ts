import type { FormatCases } from '../cases.ts';

const ID = '1tAbCd-0001Xy-2Z';
const told = { recipient: 'a@example.com', occurred_at: '2026-03-01T10:00:00.000Z', message_id: ID };
const at = (rest: string): string => `2026-03-01 11:00:00 ${ID} ${rest}`;
const smtp = 'R=dnslookup T=remote_smtp H=mx.example.com [192.0.2.9]';

export const exim: FormatCases = {
  format: 'exim',
  cases: [
    {
      name: 'one mail, and the bounce of it',
      context: { timezone: 'Europe/Paris' },
      payload: [
        at('<= s@sender.example H=app [10.0.0.1] P=esmtps X=TLS1.3:x:256 CV=no S=1234 id=m-1@sender.example'),
        at(`=> a@example.com ${smtp} X=TLS1.3:TLS_AES_256_GCM_SHA384:256 CV=yes C="250 2.0.0 OK id=1w"`),
        at(`-> list@other.example <a@example.com> ${smtp} C="250 OK"`),
        at(`== a@example.com ${smtp} defer (-44): SMTP error from remote mail server after RCPT TO:<a@example.com>: 452 4.2.2 full`),
        at(`== a@example.com R=dnslookup T=remote_smtp defer (-53): retry time not reached for any host`),
        at(
          `** a@example.com ${smtp}: SMTP error from remote mail server after RCPT TO:<a@example.com>: 550-5.1.1 no\\n550 5.1.1 such user`,
        ),
        at('** a@example.com: retry timeout exceeded'),
        at('** a@example.com: Unrouteable address'),
        at('=> :blackhole: <a@example.com> R=r'),
        at('=> /var/mail/x R=local'),
        at('Completed'),
        at('<= <> R=1tAbCe-0001Xy-2Z U=exim P=local S=2222'),
        at(`** s@sender.example ${smtp}: SMTP error from remote mail server after RCPT TO:<s@sender.example>: 550 no`),
        '2026-03-01 11:00:00 Start queue run: pid=1',
        'no line',
      ].join('\n'),
      outcomes: [
        { ignored: 'an arrival' },
        { ...told, type: 'delivered', smtp_code: 250, enhanced_status: '2.0.0', diagnostic: '250 2.0.0 OK id=1w' },
        { ...told, type: 'delivered', smtp_code: 250, diagnostic: '250 OK' },
        {
          ...told,
          type: 'deferred',
          smtp_code: 452,
          enhanced_status: '4.2.2',
          diagnostic: 'SMTP error from remote mail server after RCPT TO:<a@example.com>: 452 4.2.2 full',
          permanent: false,
        },
        { ignored: 'retry time not reached: no attempt' },
        {
          ...told,
          type: 'bounced',
          smtp_code: 550,
          enhanced_status: '5.1.1',
          diagnostic: 'SMTP error from remote mail server after RCPT TO:<a@example.com>: 550-5.1.1 no\n550 5.1.1 such user',
          permanent: true,
        },
        { ...told, type: 'expired', diagnostic: 'retry timeout exceeded', permanent: false },
        { ...told, type: 'bounced', diagnostic: 'Unrouteable address', permanent: true },
        { ignored: 'discarded, not delivered' },
        { problem: 'no_recipient' },
        { ignored: 'a message is completed' },
        { ignored: 'an arrival' },
        { ignored: 'the delivery of a bounce' },
        { ignored: 'a line without a message id' },
        { problem: 'unreadable' },
      ],
    },
    {
      name: 'deliveries and a failure',
      context: { timezone: 'Europe/Paris' },
      payload: [
        at('<= s@sender.example H=app [10.0.0.1] P=esmtps X=TLS1.3:x:256 CV=no S=1234 id=m-1@sender.example'),
        at(`=> a@example.com ${smtp} X=TLS1.3:TLS_AES_256_GCM_SHA384:256 CV=yes C="250 2.0.0 OK id=1w"`),
        at(`** a@example.com ${smtp}: SMTP error from remote mail server after RCPT TO:<a@example.com>: 550 5.1.1 no`),
        at('Completed'),
      ].join('\n'),
      outcomes: [
        { ignored: 'an arrival' },
        { ...told, type: 'delivered', smtp_code: 250, enhanced_status: '2.0.0', diagnostic: '250 2.0.0 OK id=1w' },
        {
          ...told,
          type: 'bounced',
          smtp_code: 550,
          enhanced_status: '5.1.1',
          diagnostic: 'SMTP error from remote mail server after RCPT TO:<a@example.com>: 550 5.1.1 no',
          permanent: true,
        },
        { ignored: 'a message is completed' },
      ],
    },
    {
      name: 'milliseconds, offset and the ids since 4.97',
      payload:
        '2026-03-01 10:00:00.250 +0000 [4711] 1w0AbC-00000000XyZ-1aBc => a@example.com R=r T=smtp H=mx.example.com [2001:db8::1]:25*',
      outcomes: [{ ...told, occurred_at: '2026-03-01T10:00:00.250Z', message_id: '1w0AbC-00000000XyZ-1aBc', type: 'delivered' }],
    },
  ],
};
