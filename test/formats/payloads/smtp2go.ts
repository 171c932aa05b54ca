// https://developers.smtp2go.com/docs/webhooks-overview
import type { FormatCases } from '../cases.ts';

const event = (name: string, more: object = {}): Record<string, unknown> => ({
  ...{ event: name, time: '2026-03-01T10:00:00Z', sendtime: '2026-03-01T09:59:58.052765+00:00', auth: 'api-5974', email_id: '1w4x2g-FnQW' },
  ...{ sender: 's@example.org', from: 's@example.org', rcpt: 'a@example.com', subject: 'Hello', 'Message-Id': '<m-1@example.org>' },
  ...more,
});
const form = (fields: Record<string, unknown>): string => new URLSearchParams(fields as Record<string, string>).toString();
const told = { recipient: 'a@example.com', occurred_at: '2026-03-01T10:00:00.000Z', message_id: '1w4x2g-FnQW' };
const host = 'mx.example.com [192.0.2.1]';

export const smtp2go: FormatCases = {
  format: 'smtp2go',
  cases: [
    {
      name: 'every event, as JSON',
      payload: [
        event('delivered', { message: '250 2.0.0 Ok: queued', host, context: 'Unavailable' }),
        event('bounce', { bounce: 'hard', message: '550 5.1.1 user unknown', host }),
        event('bounce', { bounce: 'soft', message: '452 4.2.2 mailbox full', host }),
        event('spam'),
        event('unsubscribe'),
        event('reject'),
        event('open', { 'user-agent': 'x' }),
        event('click'),
        event('resubscribe'),
        event('sms-delivered'),
        event('shaken'),
      ],
      outcomes: [
        { ...told, type: 'delivered', smtp_code: 250, enhanced_status: '2.0.0', diagnostic: '250 2.0.0 Ok: queued' },
        { ...told, type: 'bounced', permanent: true, smtp_code: 550, enhanced_status: '5.1.1', diagnostic: '550 5.1.1 user unknown' },
        { ...told, type: 'bounced', permanent: false, smtp_code: 452, enhanced_status: '4.2.2', diagnostic: '452 4.2.2 mailbox full' },
        { ...told, type: 'complained' },
        { ...told, type: 'unsubscribed' },
        { ...told, type: 'rejected' },
        { ignored: 'open' },
        { ignored: 'click' },
        { ignored: 'resubscribe' },
        { ignored: 'sms-delivered' },
        { ignored: 'shaken' },
      ],
    },
    {
      name: 'a form',
      payload: form(event('bounce', { bounce: 'hard', message: '550 5.1.1 user unknown', host })),
      outcomes: [
        { ...told, type: 'bounced', permanent: true, smtp_code: 550, enhanced_status: '5.1.1', diagnostic: '550 5.1.1 user unknown' },
      ],
    },
    {
      name: 'a message that was taken, of several recipients',
      payload: [
        event('processed', { rcpt: undefined, recipients: ['a@example.com', 'b@example.com'] }),
        event('processed', { rcpt: undefined, recipients: 'a@example.com, b@example.com' }),
      ],
      outcomes: [
        { ...told, type: 'accepted' },
        { ...told, type: 'accepted', recipient: 'b@example.com' },
        { ...told, type: 'accepted' },
        { ...told, type: 'accepted', recipient: 'b@example.com' },
      ],
    },
    {
      name: 'without a recipient, and without a time',
      payload: [event('delivered', { rcpt: undefined }), event('delivered', { time: undefined })],
      outcomes: [{ problem: 'no_recipient' }, { problem: 'invalid' }],
    },
  ],
};
