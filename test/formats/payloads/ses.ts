import type { FormatCases } from '../cases.ts';

const mail = {
  timestamp: '2026-03-01T10:00:00.000Z',
  messageId: 'm-1',
  source: 'news@example.org',
  destination: ['a@example.com', 'b@example.net'],
};
const at = '2026-03-01T10:00:05.123Z';
const bounce = (more: object, recipients: readonly object[] = [{ emailAddress: 'a@example.com' }]): object => ({
  eventType: 'Bounce',
  mail,
  bounce: { bounceType: 'Permanent', bounceSubType: 'General', bouncedRecipients: recipients, timestamp: at, feedbackId: 'f-1', ...more },
});
const sns = (message: unknown, more: object = {}): object => ({
  Type: 'Notification',
  MessageId: 'sns-1',
  TopicArn: 'arn:aws:sns:eu-west-1:1:ses',
  Message: typeof message === 'string' ? message : JSON.stringify(message),
  Timestamp: '2026-03-01T10:00:09.000Z',
  ...more,
});
const delivery = {
  eventType: 'Delivery',
  mail,
  delivery: { timestamp: at, recipients: ['b@example.net'], smtpResponse: '250 2.6.0 Message received' },
};
const delivered = {
  type: 'delivered',
  recipient: 'b@example.net',
  occurred_at: at,
  message_id: 'm-1',
  smtp_code: 250,
  enhanced_status: '2.6.0',
  diagnostic: '250 2.6.0 Message received',
};
const base = { recipient: 'a@example.com', occurred_at: at, message_id: 'm-1' };
const subscription = (next: object, old: object): object => ({
  eventType: 'Subscription',
  mail: { ...mail, destination: ['a@example.com'] },
  subscription: { contactList: 'L', timestamp: at, source: 'UnsubscribeHeader', newTopicPreferences: next, oldTopicPreferences: old },
});
const topics = (...status: readonly string[]): object => ({
  unsubscribeAll: false,
  topicSubscriptionStatus: status.map((subscriptionStatus, index) => ({ topicName: `t${index}`, subscriptionStatus })),
});

export const ses: FormatCases = {
  format: 'ses',
  cases: [
    {
      name: 'permanent bounce of two recipients through SNS keeps the feedback id, and each its own reply',
      payload: sns(
        bounce({}, [
          {
            emailAddress: 'Ann Example <A@Example.com>',
            status: '5.1.1',
            action: 'failed',
            diagnosticCode: 'smtp; 550 5.1.1 user unknown',
          },
          { emailAddress: 'b@example.com', status: '5.2.1', diagnosticCode: 'smtp; 554 delivery error: disabled' },
        ]),
      ),
      outcomes: [
        {
          ...base,
          type: 'bounced',
          event_id: 'f-1',
          smtp_code: 550,
          enhanced_status: '5.1.1',
          diagnostic: 'smtp; 550 5.1.1 user unknown',
          permanent: true,
        },
        {
          ...base,
          type: 'bounced',
          recipient: 'b@example.com',
          event_id: 'f-1',
          smtp_code: 554,
          enhanced_status: '5.2.1',
          diagnostic: 'smtp; 554 delivery error: disabled',
          permanent: true,
        },
      ],
    },
    ...['Suppressed', 'OnAccountSuppressionList', 'OnTenantSuppressionList'].map((bounceSubType) => ({
      name: `${bounceSubType}: SES refused itself, nothing was attempted`,
      payload: bounce({ bounceSubType }, [
        { emailAddress: 'a@example.com', status: '5.1.1', diagnosticCode: 'Amazon SES did not send the message' },
      ]),
      outcomes: [
        { ...base, type: 'rejected', event_id: 'f-1', enhanced_status: '5.1.1', diagnostic: 'Amazon SES did not send the message' },
      ],
    })),
    {
      name: 'transient without a reply: nearly always an absence note, no evidence',
      payload: bounce({ bounceType: 'Transient' }),
      outcomes: [{ ...base, type: 'bounced', permanent: false, certain: false }],
    },
    {
      name: 'the time the sender allowed is over',
      payload: bounce({ bounceType: 'Transient', bounceSubType: 'CustomTimeoutExceeded' }),
      outcomes: [{ ...base, type: 'expired', permanent: false }],
    },
    { name: 'undetermined is neither', payload: bounce({ bounceType: 'Undetermined' }), outcomes: [{ ...base, type: 'bounced' }] },
    {
      name: 'one candidate of a complaint is certain, two are not',
      payload: [1, 2].map((count) => ({
        notificationType: 'Complaint',
        mail,
        complaint: {
          complainedRecipients: ['a@example.com', 'c@example.com'].slice(0, count).map((emailAddress) => ({ emailAddress })),
          timestamp: at,
          feedbackId: 'f-2',
        },
      })),
      outcomes: [
        { ...base, type: 'complained', event_id: 'f-2' },
        { ...base, type: 'complained', event_id: 'f-2', certain: false },
        { ...base, type: 'complained', recipient: 'c@example.com', event_id: 'f-2', certain: false },
      ],
    },
    {
      name: 'not-spam is the opposite of a complaint',
      payload: {
        eventType: 'Complaint',
        mail,
        complaint: { complainedRecipients: [{ emailAddress: 'a@example.com' }], timestamp: at, complaintFeedbackType: 'not-spam' },
      },
      outcomes: [{ ignored: 'complaint: not-spam' }],
    },
    {
      name: 'a complaint of the suppression list: accepted, never sent',
      payload: {
        eventType: 'Complaint',
        mail,
        complaint: {
          complainedRecipients: [{ emailAddress: 'a@example.com' }],
          timestamp: at,
          complaintSubType: 'OnAccountSuppressionList',
          feedbackId: 'f',
        },
      },
      outcomes: [{ ...base, type: 'rejected' }],
    },
    {
      name: 'Firehose: documents without anything between, one of them broken',
      payload: `${JSON.stringify(delivery)}${JSON.stringify(delivery)}{"eventType": "Deliv`,
      outcomes: [delivered, delivered, { problem: 'unreadable' }],
    },
    {
      name: 'one document a line, the second broken',
      payload: `${JSON.stringify(delivery)}\n{"eventType":"Delivery",\n${JSON.stringify(delivery)}\n`,
      outcomes: [delivered, { problem: 'unreadable' }, delivered],
    },
    {
      name: 'EventBridge names an event that does not name itself, and its id is the carrier id',
      payload: {
        id: 'eb-1',
        source: 'aws.ses',
        'detail-type': 'Email Delivered',
        time: '2026-03-01T11:00:00Z',
        detail: { mail, delivery: delivery.delivery },
      },
      outcomes: [{ ...delivered, event_id: 'eb-1' }],
    },
    {
      name: 'SNS within SQS within Lambda',
      payload: {
        Records: [
          { messageId: 'q', body: JSON.stringify(sns(delivery)) },
          { EventSource: 'aws:sns', Sns: sns(delivery, { MessageId: 'sns-2' }) },
        ],
      },
      outcomes: [
        { ...delivered, event_id: 'sns-1' },
        { ...delivered, event_id: 'sns-2' },
      ],
    },
    {
      name: 'rendering failure and rejection have the time of the message and all its recipients',
      payload: [
        { eventType: 'Rendering Failure', mail, failure: { errorMessage: 'Attribute name is not present', templateName: 't' } },
        { eventType: 'Reject', mail: { ...mail, destination: ['a@example.com'] }, reject: { reason: 'Bad content' } },
      ],
      outcomes: [
        { ...base, type: 'rejected', occurred_at: mail.timestamp, diagnostic: 'Attribute name is not present' },
        { ...base, type: 'rejected', recipient: 'b@example.net', occurred_at: mail.timestamp, diagnostic: 'Attribute name is not present' },
        { ...base, type: 'rejected', occurred_at: mail.timestamp, diagnostic: 'Bad content' },
      ],
    },
    {
      name: 'a delay without a reply',
      payload: {
        eventType: 'DeliveryDelay',
        mail,
        deliveryDelay: { timestamp: at, delayType: 'MailboxFull', delayedRecipients: [{ emailAddress: 'a@example.com', status: '4.2.2' }] },
      },
      outcomes: [{ ...base, type: 'deferred', enhanced_status: '4.2.2', permanent: false }],
    },
    {
      name: 'leaving one topic while another stays left; coming back to one while another stays left',
      payload: [
        subscription(topics('OptOut', 'OptOut'), topics('OptIn', 'OptOut')),
        subscription(topics('OptIn', 'OptOut'), topics('OptOut', 'OptOut')),
      ],
      outcomes: [{ ...base, type: 'unsubscribed' }, { ignored: 'subscription' }],
    },
    {
      name: 'control bodies of SNS and what is not for us',
      payload: [
        sns('You have chosen to subscribe', { Type: 'SubscriptionConfirmation', SubscribeURL: 'https://sns.eu-west-1.amazonaws.com/' }),
        sns('Successfully validated SNS topic for Amazon SES event publishing.'),
        { notificationType: 'AmazonSnsSubscriptionSucceeded', message: 'ok' },
        { eventType: 'Open', mail, open: { timestamp: at } },
      ],
      outcomes: [
        { ignored: 'SNS SubscriptionConfirmation' },
        { ignored: 'SNS topic validated' },
        { ignored: 'AmazonSnsSubscriptionSucceeded' },
        { ignored: 'Open' },
      ],
    },
    {
      name: 'an event without a time takes that of its envelope',
      payload: sns({
        notificationType: 'Bounce',
        bounce: { bounceType: 'Permanent', bouncedRecipients: [{ emailAddress: 'a@example.com' }] },
        mail: { messageId: 'm-1' },
      }),
      outcomes: [{ ...base, type: 'bounced', event_id: 'sns-1', occurred_at: '2026-03-01T10:00:09.000Z', permanent: true }],
    },
    {
      name: 'tenant and stream by message tags of ours',
      payload: {
        eventType: 'Send',
        mail: { ...mail, destination: ['a@example.com'], tags: { desist_tenant: ['acme'], desist_stream: ['news'] } },
      },
      outcomes: [{ ...base, type: 'accepted', occurred_at: mail.timestamp, tenant: 'acme', stream: 'news' }],
    },
    {
      name: 'what cannot be read is told one by one',
      payload: [bounce({ timestamp: 'soon' }), bounce({}, []), sns('no json'), { mail }, 7],
      outcomes: [
        { problem: 'invalid' },
        { problem: 'no_recipient' },
        { problem: 'invalid' },
        { problem: 'invalid' },
        { problem: 'invalid' },
      ],
    },
  ],
};
