// https://docs.lettermint.co/platform/webhooks/events
import type { FormatCases } from '../cases.ts';

const event = (name: string, more: object = {}, time = 'timestamp'): object => ({
  id: `e-${name}`,
  event: `message.${name}`,
  [time]: '2026-03-01T10:00:00.000Z',
  data: { message_id: 'm-1', subject: 'Hello', recipient: 'a@example.com', metadata: {}, tag: null, ...more },
});
const response = (status_code: number, enhanced_status_code: string, content: string): object => ({
  response: { status_code, enhanced_status_code, content },
});
const told = { recipient: 'a@example.com', occurred_at: '2026-03-01T10:00:00.000Z', message_id: 'm-1' };

export const lettermint: FormatCases = {
  format: 'lettermint',
  cases: [
    {
      name: 'every event',
      payload: [
        event('sent'),
        event('delivered', { ...response(250, '2.0.0', 'OK'), metadata: { desist_tenant: 'acme', desist_stream: 'news' } }),
        event('hard_bounced', response(550, '5.1.1', 'user unknown')),
        event('soft_bounced', response(452, '4.2.2', 'mailbox full'), 'created_at'),
        event('spam_complaint'),
        event('unsubscribed', { unsubscribed_at: '2026-03-01T10:00:00Z' }),
        event('failed', { reason: 'rendering' }),
        event('suppressed', { reason: 'hard_bounce' }),
        event('created', { recipient: undefined, to: ['a@example.com', 'b@example.com'] }),
        event('policy_rejected', { recipient: undefined, score: 7.5 }),
        event('opened'),
        event('clicked'),
        event('shaken'),
      ],
      outcomes: [
        { ...told, type: 'accepted', event_id: 'e-sent' },
        { ...told, type: 'delivered', smtp_code: 250, enhanced_status: '2.0.0', diagnostic: 'OK', tenant: 'acme', stream: 'news' },
        { ...told, type: 'bounced', permanent: true, smtp_code: 550, enhanced_status: '5.1.1', diagnostic: 'user unknown' },
        { ...told, type: 'bounced', permanent: false, smtp_code: 452, enhanced_status: '4.2.2', diagnostic: 'mailbox full' },
        { ...told, type: 'complained' },
        { ...told, type: 'unsubscribed' },
        { ...told, type: 'rejected', diagnostic: 'rendering' },
        { ...told, type: 'rejected', diagnostic: 'hard_bounce' },
        { ignored: 'message.created' },
        { ignored: 'message.policy_rejected' },
        { ignored: 'message.opened' },
        { ignored: 'message.clicked' },
        { ignored: 'message.shaken' },
      ],
    },
    {
      name: 'a test of the URL',
      payload: { id: 'test-1', event: 'webhook.test', timestamp: '2026-03-01T10:00:00.000Z', data: { message: 'This is a test' } },
      outcomes: [{ ignored: 'webhook.test' }],
    },
  ],
};
