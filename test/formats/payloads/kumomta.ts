import type { FormatCases } from '../cases.ts';

const record = {
  type: 'Delivery',
  id: '1d98076abbbc11ed940250ebf67f93bd',
  sender: 'bounce@sender.example',
  recipient: 'a@example.com',
  queue: 'campaign:tenant@example.com',
  site: 'source2->(mx1|mx2).example.com@smtp_client',
  size: 1047,
  response: { code: 250, enhanced_code: { class: 2, subject: 0, detail: 0 }, content: 'OK ids=8a54', command: '.' },
  peer_address: { name: 'mx1.example.com.', addr: '192.0.2.27' },
  timestamp: 1772359200,
  created: 1772359100,
  num_attempts: 0,
  bounce_classification: 'Uncategorized',
  feedback_report: null,
  meta: {},
  headers: {},
  delivery_protocol: 'ESMTP',
  reception_protocol: 'ESMTP',
  nodeid: '557f3ad4-2c8c-11ee-976e-782d7e12e173',
};
const told = { recipient: 'a@example.com', occurred_at: '2026-03-01T10:00:00.000Z', message_id: record.id };
const delivered = { ...told, type: 'delivered', smtp_code: 250, enhanced_status: '2.0.0', diagnostic: 'OK ids=8a54' };
const refusal = { code: 550, enhanced_code: { class: 5, subject: 1, detail: 1 }, content: 'no such user', command: 'RCPT TO' };
const refused = { ...told, smtp_code: 550, enhanced_status: '5.1.1', diagnostic: 'no such user' };
const feedback = { ...record, type: 'Feedback', recipient: 'fbl@us.example', id: 'report-1' };
const report = { feedback_type: 'abuse', version: 1, original_rcpto_to: ['<a@example.com>'], supplemental_trace: null };

export const kumomta: FormatCases = {
  format: 'kumomta',
  cases: [
    {
      name: 'what happens to one mail',
      payload: [
        record,
        { ...record, type: 'Reception', response: { code: 250, enhanced_code: null, content: '', command: null } },
        { ...record, type: 'Bounce', response: refusal },
        { ...record, type: 'TransientFailure', response: { ...refusal, code: 452, enhanced_code: null } },
        { ...record, type: 'Expiration', response: { ...refusal, code: 551, enhanced_code: { class: 5, subject: 4, detail: 7 } } },
        { ...record, type: 'AdminBounce', response: refusal },
        { ...record, type: 'OOB', response: refusal },
        { ...record, type: 'OOB', response: { ...refusal, code: 426, enhanced_code: { class: 4, subject: 0, detail: 0 } } },
      ],
      outcomes: [
        delivered,
        { ...told, type: 'accepted', smtp_code: 250 },
        { ...refused, type: 'bounced', permanent: true },
        { ...refused, type: 'deferred', smtp_code: 452, enhanced_status: null, permanent: false },
        { ...refused, type: 'expired', smtp_code: 551, enhanced_status: '5.4.7', permanent: false },
        { ...refused, type: 'rejected' },
        { ...refused, type: 'bounced', permanent: true },
        { ...refused, type: 'expired', smtp_code: 426, enhanced_status: '4.0.0', permanent: false },
      ],
    },
    {
      name: 'one record a line, some of them internal, one broken',
      payload: [
        JSON.stringify({ ...record, recipient: ['a@example.com', 'B@Example.com'], event_time: '2026-03-01T10:00:00.123456789Z' }),
        JSON.stringify({ ...record, type: 'Rejection' }),
        JSON.stringify({ ...record, type: 'XferOut' }),
        JSON.stringify({ ...record, reception_protocol: 'LogRecord' }),
        '{"type":"Delivery"',
        JSON.stringify({ ...record, recipient: undefined }),
        JSON.stringify({ ...record, type: 'Unheard' }),
        JSON.stringify({ ...record, meta: { desist_tenant: 'acme', desist_stream: 'receipts' } }),
      ].join('\n'),
      outcomes: [
        { ...delivered, occurred_at: '2026-03-01T10:00:00.123Z' },
        { ...delivered, recipient: 'b@example.com', occurred_at: '2026-03-01T10:00:00.123Z' },
        { ignored: 'internal record: Rejection' },
        { ignored: 'internal record: XferOut' },
        { ignored: 'the delivery of a log record, not of a mail' },
        { problem: 'unreadable' },
        { problem: 'no_recipient' },
        { problem: 'invalid' },
        { ...delivered, tenant: 'acme', stream: 'receipts' },
      ],
    },
    {
      name: 'feedback: the recipient is not the mailbox of the loop',
      payload: [
        { ...feedback, feedback_report: report },
        { ...feedback, feedback_report: { ...report, supplemental_trace: { recipient: 'trace@example.com' } } },
        {
          ...feedback,
          feedback_report: {
            ...report,
            feedback_type: 'opt-out',
            original_rcpto_to: [],
            extensions: { 'removal-recipient': ['r@example.com'] },
          },
        },
        { ...feedback, feedback_report: { ...report, feedback_type: 'not-spam' } },
        { ...feedback, feedback_report: { ...report, original_rcpto_to: ['redacted@example.com'], original_message: [70, 114] } },
        { ...feedback, feedback_report: {} },
      ],
      outcomes: [
        { ...told, type: 'complained', message_id: 'report-1' },
        { ...told, type: 'complained', message_id: 'report-1', recipient: 'trace@example.com' },
        { ...told, type: 'unsubscribed', message_id: 'report-1', recipient: 'r@example.com' },
        { ignored: 'a report that is not a complaint' },
        { problem: 'no_recipient' },
        { problem: 'invalid' },
      ],
    },
  ],
};
