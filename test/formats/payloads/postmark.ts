import type { Case, FormatCases } from '../cases.ts';

const record = {
  RecordType: 'Bounce',
  MessageStream: 'outbound',
  ID: 42,
  Type: 'HardBounce',
  MessageID: 'm-1',
  Email: 'a@example.com',
  Details: 'smtp;550 5.1.1 user unknown',
  Description: 'The server was unable to deliver your message',
  BouncedAt: '2026-03-01T05:00:00.3963933-05:00',
};
const told = { recipient: 'a@example.com', occurred_at: '2026-03-01T10:00:00.396Z', message_id: 'm-1', event_id: '42' };
const said = { smtp_code: 550, enhanced_status: '5.1.1', diagnostic: 'smtp;550 5.1.1 user unknown' };
const type = (name: string, ...outcomes: Case['outcomes']): Case => ({ name, payload: { ...record, Type: name }, outcomes });
const change = {
  RecordType: 'SubscriptionChange',
  MessageID: 'm-1',
  Recipient: 'a@example.com',
  ChangedAt: '2026-03-01T10:00:00Z',
  SuppressSending: true,
};
const changed = { recipient: 'a@example.com', occurred_at: '2026-03-01T10:00:00.000Z', message_id: 'm-1' };

export const postmark: FormatCases = {
  format: 'postmark',
  cases: [
    type('HardBounce', { ...told, ...said, type: 'bounced', permanent: true }),
    ...['SoftBounce', 'DnsError', 'SpamNotification', 'VirusNotification', 'Blocked', 'DMARCPolicy'].map((name) =>
      type(name, { ...told, ...said, type: 'bounced', permanent: false }),
    ),
    type('BadEmailAddress', { ...told, ...said, type: 'bounced', permanent: true }),
    type('Unknown', { ...told, ...said, type: 'bounced' }),
    type('Transient', { ...told, ...said, type: 'deferred', permanent: false }),
    ...['ManuallyDeactivated', 'Unconfirmed', 'SMTPApiError', 'TemplateRenderingFailed'].map((name) =>
      type(name, { ...told, ...said, type: 'rejected' }),
    ),
    type('SpamComplaint', { ...told, type: 'complained' }),
    type('Unsubscribe', { ...told, type: 'unsubscribed' }),
    ...['Subscribe', 'AutoResponder', 'AddressChange', 'OpenRelayTest', 'ChallengeVerification', 'InboundError'].map((name) =>
      type(name, { ignored: `Bounce: ${name}` }),
    ),
    ...['Blocked', 'DMARCPolicy', 'BadEmailAddress'].map((name) => ({
      name: `${name} without a reply: nothing was attempted`,
      payload: { ...record, Type: name, Details: '' },
      outcomes: [{ ...told, type: 'rejected' }],
    })),
    {
      name: 'a bounce id above 2^53',
      payload: JSON.stringify(record).replace('"ID":42', '"ID":9223372036854775807'),
      outcomes: [{ ...told, ...said, event_id: '9223372036854775807', type: 'bounced', permanent: true }],
    },
    {
      name: 'a document within a string',
      payload: JSON.stringify(JSON.stringify(record)),
      outcomes: [{ ...told, ...said, type: 'bounced', permanent: true }],
    },
    {
      name: 'changes of the list',
      payload: [
        { ...change, SuppressionReason: 'HardBounce', Origin: 'Recipient' },
        { ...change, SuppressionReason: 'SpamComplaint', Origin: 'Recipient' },
        { ...change, SuppressionReason: 'ManualSuppression', Origin: 'Recipient' },
        { ...change, SuppressionReason: 'ManualSuppression', Origin: 'Customer' },
        { ...change, SuppressSending: false, SuppressionReason: null },
      ],
      outcomes: [
        { ...changed, type: 'bounced', permanent: true },
        { ...changed, type: 'complained' },
        { ...changed, type: 'unsubscribed' },
        { ignored: 'SubscriptionChange' },
        { ignored: 'SubscriptionChange' },
      ],
    },
    {
      name: 'delivery, tracking, inbound, and what is missing',
      payload: [
        {
          RecordType: 'Delivery',
          MessageID: 'm-1',
          Recipient: 'a@example.com',
          DeliveredAt: '2026-03-01T10:00:00Z',
          Details: 'smtp;250 2.0.0 OK',
          Metadata: { desist_tenant: 'acme' },
        },
        { RecordType: 'Open', Recipient: 'a@example.com', ReceivedAt: '2026-03-01T10:00:00Z' },
        { RecordType: 'Inbound' },
        { ...record, Email: undefined },
        { ...record, BouncedAt: undefined },
        { Email: 'a@example.com' },
      ],
      outcomes: [
        { ...changed, type: 'delivered', smtp_code: 250, enhanced_status: '2.0.0', diagnostic: 'smtp;250 2.0.0 OK', tenant: 'acme' },
        { ignored: 'Open' },
        { ignored: 'inbound: no answer to a message' },
        { problem: 'no_recipient' },
        { problem: 'invalid' },
        { problem: 'invalid' },
      ],
    },
  ],
};
