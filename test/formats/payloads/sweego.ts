// https://learn.sweego.io/docs/webhooks/webhook_signature, and the payloads of Symfony's bridge
import type { FormatCases } from '../cases.ts';

const event = (event_type: string, more: object = {}): object => ({
  ...{ event_type, timestamp: '2026-03-01T10:00:00+00:00', swg_uid: '01-68d20f85', event_id: `e-${event_type}`, channel: 'email' },
  ...{ transaction_id: 't-1', headers: { 'x-mailer': 'Sweego', 'x-swg-uid': '01-68d20f85', 'x-transaction-id': 't-1' } },
  ...{ campaign_tags: null, campaign_type: 'transac', campaign_id: 'transac', recipient: 'a@example.com', domain_from: 'example.org' },
  ...more,
});
const told = { recipient: 'a@example.com', occurred_at: '2026-03-01T10:00:00.000Z', message_id: '01-68d20f85' };

export const sweego: FormatCases = {
  format: 'sweego',
  cases: [
    {
      name: 'every event',
      payload: [
        event('email_sent'),
        event('delivered'),
        event('soft-bounce', { response_code: 452, status: null }),
        event('soft_bounce'),
        event('hard_bounce', { response_code: 550, status: null }),
        event('complaint'),
        event('list_unsub', { one_click: false, timestamp: '2026-03-01T10:00:00.000380+00:00' }),
        event('email_opened'),
        event('email_clicked'),
        event('delivered', { channel: 'sms' }),
        event('shaken'),
      ],
      outcomes: [
        { ...told, type: 'accepted', event_id: 'e-email_sent' },
        { ...told, type: 'delivered' },
        { ...told, type: 'bounced', permanent: false, smtp_code: 452 },
        { ...told, type: 'bounced', permanent: false },
        { ...told, type: 'bounced', permanent: true, smtp_code: 550 },
        { ...told, type: 'complained' },
        { ...told, type: 'unsubscribed' },
        { ignored: 'email_opened' },
        { ignored: 'email_clicked' },
        { ignored: 'sms' },
        { ignored: 'shaken' },
      ],
    },
  ],
};
