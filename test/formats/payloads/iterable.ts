// https://support.iterable.com/hc/en-us/articles/208013936-System-Webhooks
import type { FormatCases } from '../cases.ts';

const event = (eventName: string, more: object = {}): object => ({
  email: 'a@example.com',
  userId: null,
  eventName,
  dataFields: {
    ...{ campaignId: 5023667, campaignName: 'News', workflowId: null, templateId: 6810007, channelId: 67391, messageTypeId: 83299 },
    ...{ email: 'a@example.com', createdAt: '2026-03-01 10:00:00 +00:00', messageId: 'm-1', emailId: 'c5023667:t6810007:a@example.com' },
    ...more,
  },
});
const told = { recipient: 'a@example.com', occurred_at: '2026-03-01T10:00:00.000Z', message_id: 'm-1' };

export const iterable: FormatCases = {
  format: 'iterable',
  cases: [
    {
      name: 'every event of an email',
      payload: [
        event('emailSend'),
        event('emailBounce', { recipientState: 'HardBounce', status: '5.1.1', bounceMessage: '550 5.1.1 user unknown' }),
        event('emailBounce', { recipientState: 'SoftBounce', status: '4.2.2', bounceMessage: 'mailbox full' }),
        event('emailBounce', { recipientState: 'HardBounce' }),
        event('emailComplaint', { recipientState: 'Complaint' }),
        event('emailUnSubscribe', { unsubSource: 'EmailLink' }),
        event('emailSendSkip', { reason: 'DuplicateMarketingMessage' }),
        event('emailOpen'),
        event('emailClick'),
        event('emailSubscribe'),
        event('hostedUnsubscribeClick'),
        event('emailShaken'),
      ],
      outcomes: [
        { ...told, type: 'accepted' },
        { ...told, type: 'bounced', permanent: true, smtp_code: 550, enhanced_status: '5.1.1', diagnostic: '550 5.1.1 user unknown' },
        { ...told, type: 'bounced', permanent: false, enhanced_status: '4.2.2', diagnostic: 'mailbox full' },
        { ...told, type: 'bounced', permanent: true },
        { ...told, type: 'complained' },
        { ...told, type: 'unsubscribed' },
        { ...told, type: 'rejected', diagnostic: 'DuplicateMarketingMessage' },
        { ignored: 'emailOpen' },
        { ignored: 'emailClick' },
        { ignored: 'emailSubscribe' },
        { ignored: 'hostedUnsubscribeClick' },
        { ignored: 'emailShaken' },
      ],
    },
    {
      name: 'another channel, and a person without an address',
      payload: [event('smsBounce'), { ...event('emailBounce', { email: null }), email: null }],
      outcomes: [{ ignored: 'smsBounce' }, { problem: 'no_recipient' }],
    },
  ],
};
