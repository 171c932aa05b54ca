// https://docs.postalserver.io/developer/webhooks
import type { FormatCases } from '../cases.ts';

const message = { id: 12345, token: 'abcdef123', direction: 'outgoing', message_id: 'm-1@example.org', to: 'a@example.com' };
const status = (event: string, more: object): object => ({
  event,
  timestamp: 1772359199.084981,
  payload: { message, timestamp: 1772359200.25, sent_with_ssl: true, time: 0.22, ...more },
  uuid: `u-${event}`,
});
const told = { recipient: 'a@example.com', occurred_at: '2026-03-01T10:00:00.250Z', message_id: 'm-1@example.org' };

export const postal: FormatCases = {
  format: 'postal',
  cases: [
    {
      name: 'every status of a message',
      payload: [
        status('MessageSent', { status: 'Sent', details: 'Message sent by SMTP to aspmx.l.google.com', output: '250 2.0.0 OK\n' }),
        status('MessageDelayed', { status: 'SoftFail', details: 'Temporary SMTP delivery error', output: '452 4.2.2 mailbox full' }),
        status('MessageDeliveryFailed', { status: 'HardFail', details: 'Permanent SMTP delivery error', output: '550 5.1.1 user unknown' }),
        status('MessageHeld', { status: 'Held', details: 'Credential is configured to hold all messages', output: null }),
        status('MessageDeliveryFailed', { status: 'HardFail', details: 'No SMTP servers were available', output: null }),
      ],
      outcomes: [
        { ...told, type: 'delivered', smtp_code: 250, enhanced_status: '2.0.0', diagnostic: '250 2.0.0 OK', event_id: 'u-MessageSent' },
        { ...told, type: 'deferred', permanent: false, smtp_code: 452, enhanced_status: '4.2.2', diagnostic: '452 4.2.2 mailbox full' },
        { ...told, type: 'bounced', permanent: true, smtp_code: 550, enhanced_status: '5.1.1', diagnostic: '550 5.1.1 user unknown' },
        { ignored: 'MessageHeld' },
        { ...told, type: 'bounced', permanent: true, diagnostic: 'No SMTP servers were available' },
      ],
    },
    {
      name: 'a bounce that came back concerns the original message',
      payload: {
        event: 'MessageBounced',
        timestamp: 1772359199,
        payload: {
          original_message: message,
          bounce: { id: 2, to: 'abcde@psrp.example.org', from: 'postmaster@example.com', timestamp: 1772359200.25 },
        },
        uuid: 'u-2',
      },
      outcomes: [{ ...told, type: 'bounced', event_id: 'u-2' }],
    },
    {
      name: 'incoming mail, clicks, limits, and what nobody has described',
      payload: [
        status('MessageSent', { status: 'Sent', message: { ...message, direction: 'incoming' } }),
        status('MessageLinkClicked', { url: 'https://example.com' }),
        { event: 'SendLimitExceeded', timestamp: 1772359200, payload: { server: {} }, uuid: 'u' },
        status('MessageLost', {}),
      ],
      outcomes: [
        { ignored: 'MessageSent: incoming' },
        { ...told, type: 'engaged', kind: 'click' },
        { ignored: 'SendLimitExceeded' },
        { ignored: 'MessageLost' },
      ],
    },
  ],
};
