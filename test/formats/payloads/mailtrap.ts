// https://docs.mailtrap.io/email-api-smtp/advanced/webhooks
import type { FormatCases } from '../cases.ts';

const event = (name: string, more: object = {}): object => ({
  event: name,
  timestamp: 1772359200,
  sending_stream: 'transactional',
  category: 'Password reset',
  email: 'a@example.com',
  message_id: 'm-1',
  event_id: `e-${name}`,
  ...more,
});
const told = { recipient: 'a@example.com', occurred_at: '2026-03-01T10:00:00.000Z', message_id: 'm-1' };

export const mailtrap: FormatCases = {
  format: 'mailtrap',
  cases: [
    {
      name: 'every event',
      payload: {
        events: [
          event('delivery', { custom_variables: { desist_tenant: 'acme', desist_stream: 'news' } }),
          event('bounce', { bounce_category: 'badmailbox', response_code: 555, response: '550 5.1.1 does not exist' }),
          event('soft bounce', { response_code: 452, response: 'mailbox full' }),
          event('spam'),
          event('unsubscribe'),
          event('suspension', { reason: 'Account suspended' }),
          event('reject', { reason: 'Recipient in suppression list. Reason: hard bounce' }),
          event('open', { ip: '192.0.2.1' }),
          event('click', { url: 'https://example.com' }),
          event('shaken'),
        ],
      },
      outcomes: [
        { ...told, type: 'delivered', event_id: 'e-delivery', tenant: 'acme', stream: 'news' },
        { ...told, type: 'bounced', permanent: true, smtp_code: 550, enhanced_status: '5.1.1', diagnostic: '550 5.1.1 does not exist' },
        { ...told, type: 'bounced', permanent: false, smtp_code: 452, diagnostic: 'mailbox full' },
        { ...told, type: 'complained' },
        { ...told, type: 'unsubscribed' },
        { ...told, type: 'rejected', diagnostic: 'Account suspended' },
        { ...told, type: 'rejected', diagnostic: 'Recipient in suppression list. Reason: hard bounce' },
        { ignored: 'open' },
        { ...told, type: 'engaged', kind: 'click' },
        { ignored: 'shaken' },
      ],
    },
  ],
};
