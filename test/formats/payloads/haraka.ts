import type { FormatCases } from '../cases.ts';

const UUID = 'B840081E-6CB8-4FB5-ADD9-5827973462E9.1.1';
const told = { recipient: 'a@example.com', occurred_at: '2026-03-01T10:00:00.000Z', message_id: 'm-1@sender.example' };
const hook = {
  event: 'bounced',
  timestamp: '2026-03-01T10:00:00.000Z',
  message_id: '<m-1@sender.example>',
  queue_id: UUID,
  to: ['a@example.com'],
};
const logged = {
  level: 'info',
  time: '2026-03-01T10:00:00.000Z',
  name: 'outbound_logger',
  type: 'bounced',
  job_id: UUID,
  recipient: 'a@example.com',
  queue_time: '2026-03-01T09:59:00.000Z',
};

export const haraka: FormatCases = {
  format: 'haraka',
  cases: [
    {
      name: 'bodies of a webhook',
      payload: [
        { ...hook, event: 'delivered', host: 'mx.example.com', response: '250 2.0.0 OK' },
        { ...hook, event: 'deferred', to: ['a@example.com', 'b@example.com'], response: '451 4.7.1 later' },
        { ...hook, bounce_type: 'hard', bounce_code: '550', bounce_message: '550 5.1.1 no such user' },
        { ...hook, bounce_type: 'partial', bounce_code: '250', bounce_message: 'Some recipients failed' },
        { ...hook, bounce_type: 'soft', bounce_message: 'Too many failures (Upstream error: 451 4.7.1 later)' },
        { ...hook, event: 'test' },
        { ...hook, to: [] },
        7,
      ],
      outcomes: [
        { ...told, type: 'delivered', smtp_code: 250, enhanced_status: '2.0.0', diagnostic: '250 2.0.0 OK' },
        {
          ...told,
          certain: false,
          type: 'deferred',
          smtp_code: 451,
          enhanced_status: '4.7.1',
          diagnostic: '451 4.7.1 later',
          permanent: false,
        },
        {
          ...told,
          certain: false,
          type: 'deferred',
          recipient: 'b@example.com',
          smtp_code: 451,
          enhanced_status: '4.7.1',
          diagnostic: '451 4.7.1 later',
          permanent: false,
        },
        { ...told, type: 'bounced', smtp_code: 550, enhanced_status: '5.1.1', diagnostic: '550 5.1.1 no such user', permanent: true },
        { ...told, type: 'bounced', diagnostic: 'Some recipients failed' },
        {
          ...told,
          type: 'expired',
          smtp_code: 451,
          enhanced_status: '4.7.1',
          diagnostic: 'Too many failures (Upstream error: 451 4.7.1 later)',
          permanent: false,
        },
        { ignored: 'event: test' },
        { problem: 'no_recipient' },
        { problem: 'invalid' },
      ],
    },
    {
      name: 'lines of a logger',
      payload: [
        { ...logged, dsn_status: '550', undelivered_reason: '550 5.1.1 no such user' },
        { ...logged, type: 'deferred', dsn_status: '4.4.1', undelivered_reason: 'connection timed out' },
        { ...logged, type: 'delivered', smtp_response: '2.0.0 OK', smtp_host: 'mx.example.com' },
        { ...logged, time: undefined },
      ]
        .map((line) => JSON.stringify(line))
        .join('\n'),
      outcomes: [
        {
          ...told,
          message_id: UUID,
          type: 'bounced',
          smtp_code: 550,
          enhanced_status: '5.1.1',
          diagnostic: '550 5.1.1 no such user',
          permanent: true,
        },
        { ...told, message_id: UUID, type: 'deferred', enhanced_status: '4.4.1', diagnostic: 'connection timed out', permanent: false },
        { ...told, message_id: UUID, type: 'delivered', enhanced_status: '2.0.0', diagnostic: '2.0.0 OK' },
        { problem: 'invalid' },
      ],
    },
    {
      name: 'lines of a logger, all well',
      payload: [
        { ...logged, dsn_status: '550', undelivered_reason: '550 5.1.1 no such user' },
        { ...logged, type: 'delivered', smtp_response: '2.0.0 OK', smtp_host: 'mx.example.com' },
      ]
        .map((line) => JSON.stringify(line))
        .join('\n'),
      outcomes: [
        {
          ...told,
          message_id: UUID,
          type: 'bounced',
          smtp_code: 550,
          enhanced_status: '5.1.1',
          diagnostic: '550 5.1.1 no such user',
          permanent: true,
        },
        { ...told, message_id: UUID, type: 'delivered', enhanced_status: '2.0.0', diagnostic: '2.0.0 OK' },
      ],
    },
    {
      name: 'its own log',
      payload: [
        `2026-03-01T10:00:00.000Z [NOTICE] [${UUID}] [outbound] recipient <a@example.com> rejected: 550 5.1.1 no such user`,
        `2026-03-01T10:00:00.000Z [NOTICE] [${UUID}] [outbound] recipient <a@example.com> deferred: 450 4.2.1 busy`,
        `2026-03-01T10:00:00.000Z [INFO] [${UUID}] [outbound] bouncing mail: Some recipients failed: <a@example.com>`,
        'what is this',
      ].join('\n'),
      outcomes: [
        {
          ...told,
          message_id: UUID,
          type: 'bounced',
          smtp_code: 550,
          enhanced_status: '5.1.1',
          diagnostic: '550 5.1.1 no such user',
          permanent: true,
        },
        {
          ...told,
          message_id: UUID,
          type: 'deferred',
          smtp_code: 450,
          enhanced_status: '4.2.1',
          diagnostic: '450 4.2.1 busy',
          permanent: false,
        },
        { ignored: 'no delivery attempt' },
        { problem: 'unreadable' },
      ],
    },
  ],
};
