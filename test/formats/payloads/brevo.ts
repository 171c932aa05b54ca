import type { FormatCases } from '../cases.ts';

const base = {
  email: 'a@example.com',
  'message-id': '<m-1@relay>',
  id: 814119,
  date: '2026-03-01 11:00:00',
  ts: 1772326800,
  ts_event: 1772326800,
  ts_epoch: 1772359200123,
};
const told = { recipient: 'a@example.com', occurred_at: '2026-03-01T10:00:00.123Z', message_id: 'm-1@relay' };
const reason = '550 RecipientError: 550 5.1.1 <a@example.com>: User unknown';
const said = { smtp_code: 550, enhanced_status: '5.1.1', diagnostic: reason };
const named = (...events: readonly string[]): readonly object[] => events.map((event) => ({ ...base, event }));

export const brevo: FormatCases = {
  format: 'brevo',
  cases: [
    {
      name: 'failures, in every spelling',
      payload: ['hard_bounce', 'hardBounce', 'soft_bounce', 'softBounce', 'invalid_email', 'deferred', 'blocked', 'error'].map((event) => ({
        ...base,
        event,
        reason,
      })),
      outcomes: [
        { ...told, ...said, type: 'bounced', permanent: true },
        { ...told, ...said, type: 'bounced', permanent: true },
        { ...told, ...said, type: 'bounced', permanent: false },
        { ...told, ...said, type: 'bounced', permanent: false },
        { ...told, ...said, type: 'bounced', permanent: true },
        { ...told, ...said, type: 'deferred', permanent: false },
        { ...told, ...said, type: 'rejected' },
        { ...told, ...said, type: 'rejected' },
      ],
    },
    {
      name: 'everything else',
      payload: named(
        'request',
        'sent',
        'delivered',
        'spam',
        'complaint',
        'unsubscribe',
        'unsubscribed',
        'opened',
        'unique_proxy_open',
        'loadedByProxy',
        'list_addition',
      ),
      outcomes: [
        ...['accepted', 'accepted', 'delivered', 'complained', 'complained', 'unsubscribed', 'unsubscribed'].map((type) => ({
          ...told,
          type,
        })),
        ...['opened', 'unique_proxy_open', 'loadedByProxy', 'list_addition'].map((what) => ({ ignored: what })),
      ],
    },
    {
      name: 'times: ts_epoch in seconds; without it ts_event; only a local date needs a zone',
      payload: [
        { ...base, event: 'delivered', ts_epoch: 1772359200 },
        { ...base, event: 'delivered', ts_epoch: undefined },
        { ...base, event: 'delivered', ts_epoch: undefined, ts_event: undefined, ts: undefined },
      ],
      context: { timezone: 'Europe/Paris' },
      outcomes: [
        { ...told, type: 'delivered', occurred_at: '2026-03-01T10:00:00.000Z' },
        { ...told, type: 'delivered', occurred_at: '2026-03-01T01:00:00.000Z' },
        { ...told, type: 'delivered', occurred_at: '2026-03-01T10:00:00.000Z' },
      ],
    },
    {
      name: 'a local date without a zone; nobody; nothing',
      payload: [
        { event: 'delivered', email: 'a@example.com', 'message-id': '<m>', date: '2026-03-01 11:00:00' },
        { ...base, event: 'spam', email: null },
        { ...base, event: 7 },
      ],
      outcomes: [{ problem: 'invalid' }, { problem: 'no_recipient' }, { problem: 'invalid' }],
    },
    {
      name: 'tenant by the custom header',
      payload: { ...base, event: 'delivered', 'X-Mailin-custom': '{"desist_tenant": "acme"}' },
      outcomes: [{ ...told, type: 'delivered', tenant: 'acme' }],
    },
  ],
};
