// https://developers.mailersend.com/api/v1/webhooks.html
import type { FormatCases } from '../cases.ts';

const first = (type: string, morph: object | null = null): object => ({
  type: `activity.${type}`,
  domain_id: 'd-1',
  created_at: '2026-03-01T10:00:01.520507Z',
  data: {
    object: 'activity',
    id: `e-${type}`,
    type,
    created_at: '2026-03-01T10:00:00.506000Z',
    email: { object: 'email', id: 'x', status: type, message: { object: 'message', id: 'm-1' }, recipient: { email: 'a@example.com' } },
    morph,
  },
});
const second = (type: string, meta: object | readonly [] = []): object => ({
  type: `activity.${type}`,
  created_at: '2026-03-01T10:00:00.506000Z',
  data: { object: 'activity', id: `e-${type}`, type, recipient: 'a@example.com', message_id: 'm-1', meta },
});
const told = { recipient: 'a@example.com', occurred_at: '2026-03-01T10:00:00.506Z', message_id: 'm-1' };

export const mailersend: FormatCases = {
  format: 'mailersend',
  cases: [
    {
      name: 'the first version',
      payload: [
        first('sent'),
        first('delivered'),
        first('hard_bounced', { object: 'recipient_bounce', reason: 'Host or domain name not found' }),
        first('soft_bounced', { object: 'recipient_bounce', reason: 'Unknown reason' }),
        first('spam_complaint', { object: 'spam_complaint', reason: null }),
        first('unsubscribed', { object: 'recipient_unsubscribe', reason: 'option_3', readable_reason: 'I get too many emails' }),
        first('opened'),
      ],
      outcomes: [
        { ...told, type: 'accepted', event_id: 'e-sent' },
        { ...told, type: 'delivered' },
        { ...told, type: 'bounced', permanent: true, diagnostic: 'Host or domain name not found' },
        { ...told, type: 'bounced', permanent: false, diagnostic: 'Unknown reason' },
        { ...told, type: 'complained' },
        { ...told, type: 'unsubscribed' },
        { ignored: 'opened' },
      ],
    },
    {
      name: 'the second version, with the reply',
      payload: [
        second('hard_bounced', { bounce_code: 550, bounce_reason: '550 5.1.1 user unknown' }),
        second('deferred', { bounce_reason: '452 4.2.2 mailbox full' }),
        second('suppressed', { suppression_reason: 'hard_bounced' }),
        second('spam_complaints'),
      ],
      outcomes: [
        { ...told, type: 'bounced', permanent: true, smtp_code: 550, enhanced_status: '5.1.1', diagnostic: '550 5.1.1 user unknown' },
        { ...told, type: 'deferred', permanent: false, smtp_code: 452, enhanced_status: '4.2.2', diagnostic: '452 4.2.2 mailbox full' },
        { ...told, type: 'rejected', diagnostic: 'hard_bounced' },
        { ...told, type: 'complained' },
      ],
    },
    {
      name: 'a test of the URL, and an activity that nobody has described',
      payload: [{ type: 'webhook.test', data: {} }, first('teleported')],
      outcomes: [{ ignored: 'webhook.test' }, { ignored: 'teleported' }],
    },
  ],
};
