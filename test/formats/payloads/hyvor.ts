// https://relay.hyvor.com/docs/webhooks
import type { FormatCases } from '../cases.ts';

const event = (word: string, more: object = {}): object => ({
  event: `send.recipient.${word}`,
  payload: {
    send: { id: 16, uuid: 'm-1', created_at: 1772359190, from_address: 's@example.org', subject: 'Hello', headers: {}, raw: '' },
    recipient: { id: 7, type: 'to', address: 'a@example.com', name: '', status: word, try_count: 2 },
    ...more,
  },
});
const attempt = (smtp_code: number, smtp_enhanced_code: string | null, smtp_message: string): object => ({
  attempt: {
    ...{ id: 3, created_at: 1772359200, status: 'x', try_count: 2, domain: 'example.com', responded_mx_host: 'mx.example.com' },
    ...{ smtp_conversations: {}, recipient_ids: [6, 7], duration_ms: 1192, error: null },
    recipients: [
      { id: 1, recipient_id: 6, recipient_status: 'accepted', smtp_code: 250, smtp_enhanced_code: null, smtp_message: 'OK' },
      { id: 2, recipient_id: 7, recipient_status: 'x', smtp_code, smtp_enhanced_code, smtp_message },
    ],
  },
});
const told = { recipient: 'a@example.com', occurred_at: '2026-03-01T10:00:00.000Z', message_id: 'm-1' };
/** Reports without a time of their own have the sending's. */
const later = { ...told, occurred_at: '2026-03-01T09:59:50.000Z' };

export const hyvor: FormatCases = {
  format: 'hyvor',
  cases: [
    {
      name: 'every event',
      payload: [
        event('accepted', attempt(250, '2.0.0', 'OK')),
        event('deferred', attempt(452, '4.2.2', 'mailbox full')),
        event('bounced', attempt(550, '5.1.1', 'user unknown')),
        event('bounced', { attempt: null, bounce: { text: 'smtp; 550 5.1.1 user unknown', status: '5.1.1' } }),
        event('complained', { complaint: { text: 'spam', feedback_type: 'abuse' } }),
        event('complained', { complaint: { text: '', feedback_type: 'opt-out' } }),
        event('complained', { complaint: { text: '', feedback_type: 'not-spam' } }),
        event('suppressed', { suppression: { id: 1, email: 'a@example.com', reason: 'bounce' } }),
        event('failed', { attempt: { id: 4, created_at: 1772359200, try_count: 9, recipients: [], error: 'connection timed out' } }),
        event('shaken'),
      ],
      outcomes: [
        { ...told, type: 'delivered', smtp_code: 250, enhanced_status: '2.0.0', diagnostic: 'OK' },
        { ...told, type: 'deferred', permanent: false, smtp_code: 452, enhanced_status: '4.2.2', diagnostic: 'mailbox full' },
        { ...told, type: 'bounced', permanent: true, smtp_code: 550, enhanced_status: '5.1.1', diagnostic: 'user unknown' },
        {
          ...later,
          type: 'bounced',
          permanent: true,
          smtp_code: 550,
          enhanced_status: '5.1.1',
          diagnostic: 'smtp; 550 5.1.1 user unknown',
        },
        { ...later, type: 'complained' },
        { ...later, type: 'unsubscribed' },
        { ignored: 'complaint: not-spam' },
        { ...later, type: 'rejected' },
        { ...told, type: 'expired', permanent: false, diagnostic: 'connection timed out' },
        { ignored: 'send.recipient.shaken' },
      ],
    },
    {
      name: 'a domain, and the suppression list',
      payload: [
        { event: 'domain.created', payload: { domain: {} } },
        { event: 'suppression.created', payload: { suppression: {} } },
      ],
      outcomes: [{ ignored: 'domain.created' }, { ignored: 'suppression.created' }],
    },
  ],
};
