import type { FormatCases } from '../cases.ts';

const event = {
  version: 1,
  id: 'e-1',
  type: 'deferred',
  recipient: 'A@example.com',
  occurredAt: '2026-03-01T10:00:00.000Z',
  messageId: 'm-1',
  smtp: { code: 452, enhanced: '4.2.2', text: 'full' },
};
const told = {
  type: 'deferred',
  recipient: 'a@example.com',
  occurred_at: event.occurredAt,
  message_id: 'm-1',
  event_id: 'e-1',
  smtp_code: 452,
  enhanced_status: '4.2.2',
  diagnostic: 'full',
};

export const canonical: FormatCases = {
  format: 'canonical',
  cases: [
    { name: 'one event', payload: event, outcomes: [told] },
    {
      name: 'as it is; tenant and stream from outside where it names none; commands are not for us',
      payload: [
        event,
        { ...event, tenant: 'acme', certain: false },
        { ...event, type: 'release' },
        { ...event, recipient: 7 },
        { ...event, version: 2 },
      ],
      context: { tenant: 'other', stream: 'news' },
      outcomes: [
        { ...told, tenant: 'other', stream: 'news' },
        { ...told, tenant: 'acme', stream: 'news', certain: false },
        { ignored: 'command: release' },
        { problem: 'invalid' },
        { problem: 'invalid' },
      ],
    },
  ],
};
