// https://www.zoho.com/zeptomail/help/webhooks.html
import type { FormatCases } from '../cases.ts';

const to = (address: string): object => ({ email_address: { address, name: 'A' } });
const request = (name: string, details: readonly object[], recipients: readonly string[] = ['a@example.com']): object => ({
  event_name: [name],
  event_message: [
    {
      email_info: {
        ...{ email_reference: 'm-1', client_reference: 'c-1', is_smtp_trigger: false, subject: 'Hello', bounce_address: 'b@example.org' },
        ...{ from: { address: 's@example.org', name: 'S' }, to: recipients.map(to), object: 'email' },
        processed_time: '2026-03-01T10:59:58+01:00',
      },
      event_data: [{ details, object: name }],
      request_id: 'r-1',
    },
  ],
  mailagent_key: 'k',
  webhook_request_id: 'w-1',
});
const bounce = (diagnostic: string, bounced?: string): object => ({
  ...{ reason: 'Address Rejected', diagnostic_message: diagnostic, time: '2026-03-01T11:00:00+01:00' },
  ...(bounced === undefined ? {} : { bounced_recipient: bounced }),
});
const told = { recipient: 'a@example.com', occurred_at: '2026-03-01T10:00:00.000Z', message_id: 'm-1' };
const unknown = { ...told, type: 'bounced', permanent: true, smtp_code: 550, enhanced_status: '5.1.1', diagnostic: '550 5.1.1 unknown' };

export const zeptomail: FormatCases = {
  format: 'zeptomail',
  cases: [
    {
      name: 'every event',
      payload: [
        request('hardbounce', [bounce('550 5.1.1 unknown')]),
        request('softbounce', [bounce('452 4.2.2 mailbox full')]),
        request('feedback_loop', [{ fblFrom: 'fbl@example.net', to: 's@example.org' }]),
        request('delivered', [{ time: '2026-03-01T11:00:00+01:00' }]),
        request('email_open', []),
        request('email_link_click', []),
        request('shaken', []),
      ],
      outcomes: [
        unknown,
        { ...told, type: 'bounced', permanent: false, smtp_code: 452, enhanced_status: '4.2.2', diagnostic: '452 4.2.2 mailbox full' },
        { ...told, type: 'complained', occurred_at: '2026-03-01T09:59:58.000Z' },
        { ...told, type: 'delivered' },
        { ignored: 'emailopen' },
        { ignored: 'emaillinkclick' },
        { ignored: 'shaken' },
      ],
    },
    {
      name: 'a message of two recipients: one is named, none is',
      payload: [
        request('hardbounce', [bounce('550 5.1.1 unknown', 'a@example.com')], ['a@example.com', 'b@example.com']),
        request('hardbounce', [bounce('550 5.1.1 unknown')], ['a@example.com', 'b@example.com']),
      ],
      outcomes: [unknown, { ...unknown, certain: false }, { ...unknown, certain: false, recipient: 'b@example.com' }],
    },
    {
      name: 'in the field of a form',
      payload: new URLSearchParams({ data: JSON.stringify(request('hardbounce', [bounce('550 5.1.1 unknown')])) }).toString(),
      outcomes: [unknown],
    },
    {
      name: 'without messages, and without a recipient',
      payload: [{ event_name: ['hardbounce'], event_message: [] }, request('hardbounce', [bounce('550 5.1.1 unknown')], [])],
      outcomes: [{ problem: 'invalid' }, { problem: 'no_recipient' }],
    },
  ],
};
