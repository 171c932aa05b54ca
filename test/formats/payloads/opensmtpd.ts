import type { FormatCases } from '../cases.ts';

const told = { recipient: 'a@example.com', occurred_at: '2026-03-01T10:00:00.000Z', message_id: '3d4c4a424797fe79' };
const at = (rest: string): string => `Mar  1 11:00:00 mail smtpd[75295]: ${rest}`;
const mta = (result: string, stat: string, relay = '192.0.2.9 (mx.example.com)'): string =>
  at(
    `5df87c9b982c840c mta delivery evpid=3d4c4a424797fe79 from=<s@sender.example> to=<a@example.com> rcpt=<-> source="192.0.2.1" relay="${relay}" delay=1s result="${result}" stat="${stat}"`,
  );

export const opensmtpd: FormatCases = {
  format: 'opensmtpd',
  cases: [
    {
      name: 'the results of envelopes',
      context: { timezone: 'Europe/Paris' },
      payload: [
        at('5df87c9c42abeddb smtp connected address=192.0.2.7 host=app'),
        mta('Ok', '250 2.0.0: f6e94209 Message accepted for delivery'),
        mta('TempFail', '452 4.2.2 The "mailbox" is full'),
        mta('PermFail', '550 5.1.1 <a@example.com>: no such user'),
        mta('Ok', '250 2.0.0: accepted', '127.0.0.1 (localhost)'),
        at(
          '5df87c9250bba470 mda delivery evpid=3d4c4a424797fe79 from=<s@sender.example> to=<b@example.com> rcpt=<a@example.com> user=b delay=0s result=Ok stat=Delivered',
        ),
        at(
          '3d4c4a424797fe79 mta delivery evpid=3d4c4a424797fe79 from=<> to=<s@sender.example> rcpt=<-> delay=0s result="Ok" stat="250 ok"',
        ),
        at(
          '0000000000000000 mta delivery evpid=3d4c4a424797fe79 from=<s@sender.example> to=<a@example.com> delay=4d result="Expire" stat="Envelope expired"',
        ),
        at(
          'relay: PermFail for 3d4c4a424797fe79: session=5df8, from=<s@sender.example>, to=<a@example.com>, rcpt=<->, source=192.0.2.1, relay=192.0.2.9 (mx.example.com), delay=1s, stat=550 5.2.1 disabled',
        ),
        at('5df87c9b982c840c mta delivery evpid=3d4c4a424797fe79 from=<s@sender.example> to=<a@exa'),
        'no line',
      ].join('\n'),
      outcomes: [
        { ignored: 'no delivery attempt' },
        {
          ...told,
          type: 'delivered',
          smtp_code: 250,
          enhanced_status: '2.0.0',
          diagnostic: '250 2.0.0: f6e94209 Message accepted for delivery',
        },
        {
          ...told,
          type: 'deferred',
          smtp_code: 452,
          enhanced_status: '4.2.2',
          diagnostic: '452 4.2.2 The "mailbox" is full',
          permanent: false,
        },
        {
          ...told,
          type: 'bounced',
          smtp_code: 550,
          enhanced_status: '5.1.1',
          diagnostic: '550 5.1.1 <a@example.com>: no such user',
          permanent: true,
        },
        { ignored: 'handed over on this host' },
        { ...told, type: 'delivered', diagnostic: 'Delivered' },
        { ignored: 'the delivery of a bounce' },
        { ...told, type: 'expired', diagnostic: 'Envelope expired', permanent: false },
        { ...told, type: 'bounced', smtp_code: 550, enhanced_status: '5.2.1', diagnostic: '550 5.2.1 disabled', permanent: true },
        { problem: 'invalid' },
        { problem: 'unreadable' },
      ],
    },
  ],
};
