import type { FormatCases } from '../cases.ts';

const told = { recipient: 'a@example.com', occurred_at: '2026-03-01T10:00:00.123Z', message_id: 'm-1@sender.example' };
const FIELDS =
  'date-time,client-ip,server-hostname,connector-id,source,event-id,internal-message-id,message-id,recipient-address,recipient-status,message-subject,sender-address,return-path';
const row = (
  event: string,
  recipients: string,
  status: string,
  more: { readonly source?: string; readonly connector?: string; readonly from?: string } = {},
): string => {
  const { source = 'SMTP', connector = 'Internet', from = 's@sender.example' } = more;
  return `2026-03-01T10:00:00.123Z,192.0.2.1,mx.example.com,${connector},${source},${event},7,<m-1@sender.example>,${recipients},${status},"a, b",${from},${from}`;
};

export const exchange: FormatCases = {
  format: 'exchange',
  cases: [
    {
      name: 'a log file',
      payload: [
        '#Software: Microsoft Exchange Server',
        '#Version: 15.02.1544.004',
        '#Log-type: Message Tracking Log',
        '#Date: 2026-03-01T10:00:00.000Z',
        `#Fields: ${FIELDS}`,
        row('RECEIVE', 'a@example.com', ''),
        row('SEND', 'a@example.com', '250 2.1.5 Recipient OK'),
        row('SEND', 'a@example.com', '250 2.1.5 Recipient OK', { connector: 'Intra-Organization SMTP Send Connector' }),
        row('DEFER', 'a@example.com', '[{LRT=x};{LED=452 4.2.2 full};{FQDN=mx1.example.com};{IP=192.0.2.9}]'),
        row('FAIL', 'a@example.com;b@example.com', '550 5.1.1 RESOLVER.ADR.ExRecipNotFound; not found;552 5.2.2 full', {
          source: 'ROUTING',
        }),
        row('FAIL', 'a@example.com', '550 4.4.7 QUEUE.Expired; message expired'),
        row('FAIL', 'a@example.com', '550 4.3.2 QUEUE.TransportAgent; message deleted by transport agent', { source: 'AGENT' }),
        row('DELIVER', 'a@example.com', '', { source: 'STOREDRIVER' }),
        row('SEND', 's@sender.example', '250 ok', { from: '<>' }),
      ].join('\r\n'),
      outcomes: [
        ...Array.from({ length: 4 }, () => ({ ignored: 'a comment' })),
        { ignored: 'the names of the columns' },
        { ignored: 'no delivery attempt' },
        { ...told, type: 'delivered', smtp_code: 250, enhanced_status: '2.1.5', diagnostic: '250 2.1.5 Recipient OK' },
        { ignored: 'handed over to a server of the same organization' },
        { ...told, type: 'deferred', smtp_code: 452, enhanced_status: '4.2.2', diagnostic: '452 4.2.2 full', permanent: false },
        {
          ...told,
          type: 'bounced',
          smtp_code: 550,
          enhanced_status: '5.1.1',
          diagnostic: '550 5.1.1 RESOLVER.ADR.ExRecipNotFound; not found',
          permanent: true,
        },
        {
          ...told,
          type: 'bounced',
          recipient: 'b@example.com',
          smtp_code: 552,
          enhanced_status: '5.2.2',
          diagnostic: '552 5.2.2 full',
          permanent: true,
        },
        {
          ...told,
          type: 'expired',
          smtp_code: 550,
          enhanced_status: '4.4.7',
          diagnostic: '550 4.4.7 QUEUE.Expired; message expired',
          permanent: false,
        },
        {
          ...told,
          type: 'rejected',
          smtp_code: 550,
          enhanced_status: '4.3.2',
          diagnostic: '550 4.3.2 QUEUE.TransportAgent; message deleted by transport agent',
        },
        { ...told, type: 'delivered' },
        { ignored: 'the delivery of a bounce' },
      ],
    },
    {
      name: 'an export, and a quoted field of two lines',
      payload: [
        '#TYPE Microsoft.Exchange.Management.TransportLogSearchTasks.MessageTrackingEvent',
        '"Timestamp","EventId","Source","MessageId","Recipients","RecipientStatus","MessageSubject","Sender"',
        '"2026-03-01T10:00:00.123Z","FAIL","SMTP","<m-1@sender.example>","a@example.com","550 5.1.1 unknown","two\nlines","s@sender.example"',
      ].join('\n'),
      outcomes: [
        { ignored: 'a comment' },
        { ignored: 'the names of the columns' },
        { ...told, type: 'bounced', smtp_code: 550, enhanced_status: '5.1.1', diagnostic: '550 5.1.1 unknown', permanent: true },
      ],
    },
  ],
};
