// https://docs.customer.io/integrations/api/webhooks
import type { FormatCases } from '../cases.ts';

const event = (metric: string, more: object = {}, object = 'email'): object => ({
  ...{ event_id: `e-${metric}`, object_type: object, metric, timestamp: 1772359200 },
  data: {
    ...{ action_id: 42, broadcast_id: 9, customer_id: 'user-1', delivery_id: 'm-1', subject: 'Hello' },
    ...{ identifiers: { id: 'user-1', email: 'a@example.com', cio_id: 'd9c106000001' }, recipient: 'a@example.com' },
    ...more,
  },
});
const told = { recipient: 'a@example.com', occurred_at: '2026-03-01T10:00:00.000Z', message_id: 'm-1' };

export const customerio: FormatCases = {
  format: 'customerio',
  cases: [
    {
      name: 'every event of an email',
      payload: [
        event('sent'),
        event('delivered'),
        event('bounced', { failure_message: '550 5.1.1 user unknown' }),
        event('bounced', { failure_message: '452 4.2.2 mailbox full' }),
        event('spammed'),
        event('unsubscribed'),
        event('dropped'),
        event('undeliverable', { failure_message: 'message limit' }),
        event('failed', { failure_message: 'rendering' }),
        event('opened'),
        event('clicked', { href: 'https://example.com' }),
        event('shaken'),
      ],
      outcomes: [
        { ...told, type: 'accepted', event_id: 'e-sent' },
        { ...told, type: 'delivered' },
        { ...told, type: 'bounced', smtp_code: 550, enhanced_status: '5.1.1', diagnostic: '550 5.1.1 user unknown' },
        { ...told, type: 'bounced', smtp_code: 452, enhanced_status: '4.2.2', diagnostic: '452 4.2.2 mailbox full' },
        { ...told, type: 'complained' },
        { ...told, type: 'unsubscribed' },
        { ...told, type: 'rejected' },
        { ...told, type: 'rejected', diagnostic: 'message limit' },
        { ...told, type: 'rejected', diagnostic: 'rendering' },
        { ignored: 'email opened' },
        { ignored: 'email clicked' },
        { ignored: 'email shaken' },
      ],
    },
    {
      name: 'a person, and other channels',
      payload: [
        event('unsubscribed', { recipient: undefined, delivery_id: undefined, email_address: 'a@example.com' }, 'customer'),
        event('unsubscribed', { recipient: undefined, delivery_id: undefined, identifiers: { id: 'user-1' } }, 'customer'),
        event('subscribed', {}, 'customer'),
        event('bounced', {}, 'sms'),
      ],
      outcomes: [
        { recipient: told.recipient, occurred_at: told.occurred_at, type: 'unsubscribed' },
        { problem: 'no_recipient' },
        { ignored: 'customer subscribed' },
        { ignored: 'sms' },
      ],
    },
  ],
};
