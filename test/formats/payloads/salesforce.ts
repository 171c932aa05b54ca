// https://developer.salesforce.com/docs/marketing/marketing-cloud/guide/transactional_email_events.html
import type { FormatCases } from '../cases.ts';

const event = (name: string, info: object): object => ({
  eventCategoryType: name,
  timestampUTC: 1772359200000,
  compositeId: '466651f2-9c28-e911-a261-78e3b50b4f00.2001070.44609.4153.1251508322',
  composite: { jobId: '2001070', batchId: '4153', listId: '44609', subscriberId: '1251508322', emailId: '182583' },
  ...{ definitionKey: 'appointment', mid: 1447640, eid: 1447640, definitionId: '466651f2-9c28-e911-a261-78e3b50b4f00' },
  info: { to: 'a@example.com', subscriberKey: 'a', messageKey: 'm-1', ...info },
});
const told = { recipient: 'a@example.com', occurred_at: '2026-03-01T10:00:00.000Z', message_id: 'm-1' };
const sends = 'TransactionalSendEvents';

export const salesforce: FormatCases = {
  format: 'salesforce',
  cases: [
    {
      name: 'every event of an email',
      payload: [
        event(`${sends}.EmailSent`, { status: 'Sent', renderedSubject: 'Hello' }),
        event(`${sends}.EmailNotSent`, { reason: 'The subscriber is unsubscribed', statusCode: '1', statusMessage: 'Unsubscribed' }),
        event(`${sends}.EmailBounced`, {
          bounceCode: 'HARD',
          bounceMessage: '5.1.1 (bad destination mailbox address) User Unknown',
          smtpReason: '5.1.1',
        }),
        event(`${sends}.EmailBounced`, { bounceCode: 'SOFT', bounceMessage: '452 4.2.2 mailbox full', smtpReason: '4.2.2' }),
        event(`${sends}.EmailBounced`, { bounceMessage: 'gone' }),
        event('EngagementEvents.EmailUnsubscribe', {
          ...{ messageKey: undefined, domain: 'example.com', unsubscribeDate: 1772337600000, unsubscribeMethod: 'Click' },
        }),
        event('EngagementEvents.EmailOpen', {}),
        event('EngagementEvents.EmailClick', {}),
        event(`${sends}.SmsBounced`, {}),
        event(`${sends}.EmailShaken`, {}),
      ],
      outcomes: [
        { ...told, type: 'accepted' },
        { ...told, type: 'rejected', diagnostic: 'The subscriber is unsubscribed' },
        {
          ...told,
          type: 'bounced',
          permanent: true,
          enhanced_status: '5.1.1',
          diagnostic: '5.1.1 (bad destination mailbox address) User Unknown',
        },
        { ...told, type: 'bounced', permanent: false, smtp_code: 452, enhanced_status: '4.2.2', diagnostic: '452 4.2.2 mailbox full' },
        { ...told, type: 'bounced', diagnostic: 'gone' },
        { recipient: told.recipient, occurred_at: told.occurred_at, type: 'unsubscribed' },
        { ignored: 'EngagementEvents.EmailOpen' },
        { ignored: 'EngagementEvents.EmailClick' },
        { ignored: `${sends}.SmsBounced` },
        { ignored: `${sends}.EmailShaken` },
      ],
    },
    {
      name: 'without a time',
      payload: { ...event(`${sends}.EmailSent`, {}), timestampUTC: null },
      outcomes: [{ problem: 'invalid' }],
    },
  ],
};
