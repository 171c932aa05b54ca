import type { FormatCases } from '../cases.ts';

const base = {
  email: 'a@example.com',
  timestamp: 1772359200,
  sg_event_id: 'e-1',
  sg_message_id: 'm-1.filter0001.1.0',
  'smtp-id': '<m-1@ismtpd>',
};
const told = { recipient: 'a@example.com', occurred_at: '2026-03-01T10:00:00.000Z', message_id: 'm-1.filter0001.1.0' };
const bounce = { ...base, event: 'bounce', status: '5.0.0', reason: '550 5.1.1 user unknown' };
const bounced = { ...told, type: 'bounced', smtp_code: 550, enhanced_status: '5.0.0', diagnostic: '550 5.1.1 user unknown' };

export const sendgrid: FormatCases = {
  format: 'sendgrid',
  cases: [
    {
      name: 'a bounce; a block says less, whatever its text; the explicit status comes first',
      payload: [
        { ...bounce, type: 'bounce' },
        { ...bounce, type: 'blocked' },
        { ...bounce, type: 'expired', reason: 'unable to get mx info' },
        bounce,
        { ...bounce, status: '4.2.2', reason: '452 4.2.2 mailbox full' },
      ],
      outcomes: [
        { ...bounced, permanent: true },
        { ...bounced, permanent: false, certain: false },
        { ...told, type: 'expired', enhanced_status: '5.0.0', diagnostic: 'unable to get mx info', permanent: false },
        { ...bounced, permanent: true },
        { ...bounced, smtp_code: 452, enhanced_status: '4.2.2', diagnostic: '452 4.2.2 mailbox full', permanent: false },
      ],
    },
    {
      name: 'an asynchronous bounce has neither message id nor arguments',
      payload: [
        { email: 'a@example.com', timestamp: 1772359200, event: 'bounce', type: 'bounce', sg_event_id: 'e-2', reason: '550 no such user' },
      ],
      outcomes: [{ ...told, type: 'bounced', message_id: null, smtp_code: 550, diagnostic: '550 no such user', permanent: true }],
    },
    {
      name: 'every other type, one bad element among them',
      payload: [
        { ...base, event: 'processed' },
        { ...base, event: 'deferred', attempt: '3', response: '451 4.7.1 try later' },
        { ...base, event: 'delivered', response: '250 OK' },
        { ...base, event: 'dropped', reason: 'Unsubscribed Address' },
        { ...base, event: 'spamreport' },
        { ...base, event: 'unsubscribe' },
        { ...base, event: 'group_unsubscribe', asm_group_id: 3 },
        { ...base, event: 'delivered', timestamp: '2026-13-01' },
        { ...base, event: 'delivered', timestamp: 253402300800 },
        { ...base, event: 'group_resubscribe', asm_group_id: 3 },
        { ...base, event: 'open' },
        { ...base, event: 'account_status_change', type: 'compliance_suspend' },
        { ...base, event: undefined },
        { ...base, event: 'delivered', email: undefined },
        'text',
      ],
      outcomes: [
        { ...told, type: 'accepted' },
        { ...told, type: 'deferred', smtp_code: 451, enhanced_status: '4.7.1', diagnostic: '451 4.7.1 try later', permanent: false },
        { ...told, type: 'delivered', smtp_code: 250, diagnostic: '250 OK' },
        { ...told, type: 'rejected', diagnostic: 'Unsubscribed Address' },
        { ...told, type: 'complained' },
        { ...told, type: 'unsubscribed' },
        { ...told, type: 'unsubscribed' },
        { problem: 'invalid' },
        { problem: 'invalid' },
        { ignored: 'group_resubscribe' },
        { ignored: 'open' },
        { ignored: 'account_status_change' },
        { problem: 'invalid' },
        { problem: 'no_recipient' },
        { problem: 'invalid' },
      ],
    },
    {
      name: 'milliseconds where seconds are documented; tenant by a custom argument',
      payload: [{ ...base, event: 'delivered', timestamp: 1772359200123, desist_tenant: 'acme', desist_stream: 'no name at all' }],
      outcomes: [{ ...told, type: 'delivered', occurred_at: '2026-03-01T10:00:00.123Z', tenant: 'acme', stream: 'default' }],
    },
  ],
};
