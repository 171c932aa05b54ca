// https://learn.microsoft.com/azure/event-grid/communication-services-email-events
import type { FormatCases } from '../cases.ts';

const report = (status: string, statusMessage?: string): object => ({
  id: `e-${status}`,
  topic: '/subscriptions/s/resourceGroups/g/providers/microsoft.communication/communicationservices/c',
  subject: 'sender/s@example.org/message/m-1',
  data: {
    sender: 's@example.org',
    recipient: 'a@example.com',
    messageId: 'm-1',
    status,
    deliveryStatusDetails: { statusMessage, recipientMailServerHostName: 'mx1.example.com' },
    deliveryAttemptTimeStamp: '2026-03-01T10:00:00.2855749+00:00',
  },
  eventType: 'Microsoft.Communication.EmailDeliveryReportReceived',
  dataVersion: '1.0',
  metadataVersion: '1',
  eventTime: '2026-03-01T10:00:05.8221556Z',
});
const told = { recipient: 'a@example.com', occurred_at: '2026-03-01T10:00:00.285Z', message_id: 'm-1' };

export const azure: FormatCases = {
  format: 'azure',
  cases: [
    {
      name: 'every status',
      payload: [
        report('Delivered', 'No error.'),
        report('Bounced', '550 5.1.1 user unknown'),
        report('Failed', '4.4.316 Connection refused'),
        report('Suppressed', 'Recipient is on the suppression list'),
        report('FilteredSpam', '550 5.7.1 spam'),
        report('Quarantined'),
        report('Expanded'),
        report('Elsewhere'),
      ],
      outcomes: [
        { ...told, type: 'delivered', diagnostic: 'No error.', event_id: 'e-Delivered' },
        { ...told, type: 'bounced', permanent: true, smtp_code: 550, enhanced_status: '5.1.1', diagnostic: '550 5.1.1 user unknown' },
        { ...told, type: 'bounced', enhanced_status: '4.4.316', diagnostic: '4.4.316 Connection refused' },
        { ...told, type: 'rejected', diagnostic: 'Recipient is on the suppression list' },
        {
          ...told,
          type: 'bounced',
          permanent: false,
          certain: false,
          smtp_code: 550,
          enhanced_status: '5.7.1',
          diagnostic: '550 5.7.1 spam',
        },
        { ...told, type: 'bounced', permanent: false, certain: false },
        { ignored: 'Expanded' },
        { ignored: 'Elsewhere' },
      ],
    },
    {
      name: 'a CloudEvent',
      payload: {
        id: 'e-1',
        source: '/subscriptions/s',
        specversion: '1.0',
        type: 'Microsoft.Communication.EmailDeliveryReportReceived',
        time: '2026-03-01T10:00:05Z',
        data: { recipient: 'a@example.com', messageId: 'm-1', status: 'Delivered', deliveryAttemptTimestamp: '2026-03-01T10:00:00.285Z' },
      },
      outcomes: [{ ...told, type: 'delivered' }],
    },
    {
      name: 'a handshake, and a report of an open',
      payload: [
        {
          id: '1',
          data: { validationCode: '512d38b6' },
          eventType: 'Microsoft.EventGrid.SubscriptionValidationEvent',
          eventTime: '2026-03-01T10:00:00Z',
        },
        {
          id: '2',
          data: { engagementType: 'view' },
          eventType: 'Microsoft.Communication.EmailEngagementTrackingReportReceived',
          eventTime: '2026-03-01T10:00:00Z',
        },
      ],
      outcomes: [{ ignored: 'Microsoft.EventGrid.SubscriptionValidationEvent' }, { ignored: 'view' }],
    },
  ],
};
