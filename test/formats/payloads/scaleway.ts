// https://www.scaleway.com/en/docs/transactional-email/reference-content/webhook-events-payloads/
import type { FormatCases } from '../cases.ts';

const event = (type: string, more: object = {}): object => ({
  ...{ id: `e-${type}`, type, organization_id: 'o', project_id: 'p', domain_id: 'd', domain_name: 'example.org' },
  ...{ created_at: '2026-03-01T10:00:00Z', email_id: 'm-1', email_from: 's@example.org', email_to: 'a@example.com' },
  ...more,
});
const topic = (message: object, Type = 'Notification'): object => ({
  ...{ Type, MessageId: '0001', TopicArn: 'arn:scw:sns:fr-par:project-x:tem', Message: JSON.stringify(message) },
  ...{ Timestamp: '2026-03-01T10:00:01.000Z', SignatureVersion: '1', Signature: 'x' },
});
const told = { recipient: 'a@example.com', occurred_at: '2026-03-01T10:00:00.000Z', message_id: 'm-1' };

export const scaleway: FormatCases = {
  format: 'scaleway',
  cases: [
    {
      name: 'every event',
      payload: [
        event('email_queued'),
        event('email_delivered', { email_response_code: 250, email_response_message: '2.0.0 OK' }),
        event('email_deferred', { email_response_code: 452, email_response_message: '4.2.2 mailbox full', email_try_count: 2 }),
        event('email_dropped', { email_response_code: 550, email_response_message: '5.7.1 refused' }),
        event('email_mailbox_not_found', { email_response_code: 550, email_response_message: '5.1.1 user unknown' }),
        event('email_spam'),
        event('email_blocklisted'),
        event('blocklist_created'),
        event('email_lost'),
      ],
      outcomes: [
        { ...told, type: 'accepted', event_id: 'e-email_queued' },
        { ...told, type: 'delivered', smtp_code: 250, enhanced_status: '2.0.0', diagnostic: '2.0.0 OK' },
        { ...told, type: 'deferred', permanent: false, smtp_code: 452, enhanced_status: '4.2.2', diagnostic: '4.2.2 mailbox full' },
        { ...told, type: 'bounced', permanent: true, smtp_code: 550, enhanced_status: '5.7.1', diagnostic: '5.7.1 refused' },
        { ...told, type: 'bounced', permanent: true, smtp_code: 550, enhanced_status: '5.1.1', diagnostic: '5.1.1 user unknown' },
        { ...told, type: 'bounced', permanent: false, certain: false },
        { ...told, type: 'rejected' },
        { ignored: 'blocklist_created' },
        { ignored: 'email_lost' },
      ],
    },
    {
      name: 'in the message of a topic',
      payload: topic(event('email_mailbox_not_found', { email_response_code: 550, email_response_message: '5.1.1 user unknown' })),
      outcomes: [{ ...told, type: 'bounced', permanent: true, smtp_code: 550, enhanced_status: '5.1.1', diagnostic: '5.1.1 user unknown' }],
    },
    {
      name: 'a topic that wants to be confirmed, and one without an event',
      payload: [topic({}, 'SubscriptionConfirmation'), { ...topic({}), Message: 'hello' }],
      outcomes: [{ ignored: 'topic: SubscriptionConfirmation' }, { problem: 'invalid' }],
    },
  ],
};
