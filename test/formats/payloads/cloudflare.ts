// https://developers.cloudflare.com/email-service/platform/event-subscriptions/
import type { FormatCases } from '../cases.ts';

const event = (word: string, more: object = {}): object => ({
  type: `cf.email.sending.message.${word}`,
  source: { type: 'email.sending', zoneId: '023e105f', domain: 'example.org' },
  payload: {
    ...{ eventId: `e-${word}`, messageId: 'm-1', sender: 's@example.org', recipient: 'a@example.com', subject: 'Hello', terminal: true },
    ...{ delivery: { status: word } },
    ...more,
  },
  metadata: { accountId: 'f9f79265', eventSubscriptionId: '1830c4bb', eventSchemaVersion: 1, eventTimestamp: '2026-03-01T10:00:00.132Z' },
});
const smtp = (smtpStatusCode: string, smtpEnhancedStatusCode: string, text: string): object => ({
  delivery: { provider: 'external_smtp', smtpStatusCode, smtpEnhancedStatusCode, smtpResponse: text },
});
const told = { recipient: 'a@example.com', occurred_at: '2026-03-01T10:00:00.132Z', message_id: 'm-1' };

export const cloudflare: FormatCases = {
  format: 'cloudflare',
  cases: [
    {
      name: 'every event',
      payload: [
        event('delivered', smtp('250', '2.0.0', '250 2.0.0 OK')),
        event('deferred', {
          ...smtp('451', '4.2.0', '451 4.2.0 later'),
          terminal: false,
          bounce: { type: 'soft', reason: '451 4.2.0 later' },
        }),
        event('bounced', { ...smtp('550', '5.1.1', '550 5.1.1 User unknown'), bounce: { type: 'hard', reason: '550 5.1.1 User unknown' } }),
        event('bounced', { ...smtp('452', '4.2.2', '452 4.2.2 mailbox full'), bounce: { type: 'soft', reason: '452 4.2.2 mailbox full' } }),
        event('failed', { failure: { reason: 'delivery_failed' } }),
        event('rejected', { rejection: { reason: 'suppressed', party: 'recipient', detail: 'Recipient is suppressed' } }),
        event('complained', { complaint: { type: 'abuse' } }),
        event('complained', { complaint: { type: 'not-spam' } }),
        event('shaken'),
      ],
      outcomes: [
        { ...told, type: 'delivered', smtp_code: 250, enhanced_status: '2.0.0', diagnostic: '250 2.0.0 OK', event_id: 'e-delivered' },
        { ...told, type: 'deferred', permanent: false, smtp_code: 451, enhanced_status: '4.2.0', diagnostic: '451 4.2.0 later' },
        { ...told, type: 'bounced', permanent: true, smtp_code: 550, enhanced_status: '5.1.1', diagnostic: '550 5.1.1 User unknown' },
        { ...told, type: 'expired', permanent: false, smtp_code: 452, enhanced_status: '4.2.2', diagnostic: '452 4.2.2 mailbox full' },
        { ...told, type: 'rejected', diagnostic: 'delivery_failed' },
        { ...told, type: 'rejected', diagnostic: 'Recipient is suppressed' },
        { ...told, type: 'complained' },
        { ignored: 'complaint: not-spam' },
        { ignored: 'cf.email.sending.message.shaken' },
      ],
    },
  ],
};
