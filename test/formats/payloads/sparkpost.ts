import type { FormatCases } from '../cases.ts';

const event = {
  type: 'bounce',
  event_id: '92356927693813856',
  message_id: 'm-1',
  transmission_id: '65832150921904138',
  rcpt_to: 'a@example.com',
  raw_rcpt_to: 'A@example.com',
  timestamp: '1772359200',
  error_code: '550',
  raw_reason: '550 5.1.1 user unknown 192.0.2.1',
  reason: '550 5.1.1 user unknown a.b.c.d',
};
const wrapped = (more: object, kind = 'message_event'): object => ({ msys: { [kind]: { ...event, ...more } } });
const told = { recipient: 'a@example.com', occurred_at: '2026-03-01T10:00:00.000Z', message_id: 'm-1', event_id: '92356927693813856' };
const said = { smtp_code: 550, enhanced_status: '5.1.1', diagnostic: '550 5.1.1 user unknown 192.0.2.1' };
const classes = (names: readonly number[]): readonly object[] =>
  names.map((bounce_class) => wrapped({ bounce_class: String(bounce_class) }));

export const sparkpost: FormatCases = {
  format: 'sparkpost',
  cases: [
    {
      name: 'hard classes',
      payload: classes([10, 30]),
      outcomes: [10, 30].map(() => ({ ...told, ...said, type: 'bounced', permanent: true })),
    },
    {
      name: 'soft and block classes',
      payload: classes([20, 21, 22, 23, 24, 40, 50, 51, 52, 53, 54, 70]),
      outcomes: Array.from({ length: 12 }, () => ({ ...told, ...said, type: 'bounced', permanent: false })),
    },
    {
      name: "administrative classes: SparkPost's own",
      payload: classes([25, 26]),
      outcomes: [25, 26].map(() => ({ ...told, ...said, type: 'rejected' })),
    },
    {
      name: 'no failures at all',
      payload: classes([60, 80, 100]),
      outcomes: [60, 80, 100].map((name) => ({ ignored: `bounce: class ${name}` })),
    },
    {
      name: 'undetermined, unknown, missing',
      payload: [...classes([1]), wrapped({})],
      outcomes: [1, 2].map(() => ({ ...told, ...said, type: 'bounced' })),
    },
    { name: 'a request to unsubscribe', payload: classes([90]), outcomes: [{ ...told, ...said, type: 'unsubscribed' }] },
    {
      name: 'the end of its patience, in its own words',
      payload: [wrapped({ bounce_class: '70', error_code: '554', raw_reason: '554 5.4.7 [internal] exceeded max time without delivery' })],
      outcomes: [
        {
          ...told,
          type: 'expired',
          smtp_code: 554,
          enhanced_status: '5.4.7',
          diagnostic: '554 5.4.7 [internal] exceeded max time without delivery',
          permanent: false,
        },
      ],
    },
    {
      name: 'a delay with 554 is a delay, and in its class an auto-reply too',
      payload: [wrapped({ type: 'delay', error_code: '554', bounce_class: '60' })],
      outcomes: [{ ...told, ...said, smtp_code: 554, type: 'deferred', permanent: false }],
    },
    {
      name: 'own refusals that look like replies',
      payload: [
        wrapped({ type: 'generation_rejection' }, 'gen_event'),
        wrapped({ type: 'generation_failure' }),
        wrapped({ type: 'policy_rejection' }),
      ],
      outcomes: [1, 2, 3].map(() => ({ ...told, ...said, type: 'rejected' })),
    },
    {
      name: 'complaint, unsubscriptions and what is not for us',
      payload: [
        wrapped({ type: 'spam_complaint', raw_reason: undefined, reason: undefined, error_code: undefined, fbtype: 'abuse' }),
        wrapped({ type: 'list_unsubscribe', raw_reason: undefined, reason: undefined, error_code: undefined }, 'unsubscribe_event'),
        wrapped({ type: 'initial_open' }, 'track_event'),
        wrapped({ type: 'relay_permfail' }, 'relay_event'),
        wrapped({ type: 'sms_status' }),
        { msys: {} },
        { msys: [] },
        { ping: true },
      ],
      outcomes: [
        { ...told, type: 'complained' },
        { ...told, type: 'unsubscribed' },
        { ignored: 'initial_open' },
        { ignored: 'relay_permfail' },
        { ignored: 'sms_status' },
        { ignored: 'ping' },
        { problem: 'invalid' },
        { problem: 'invalid' },
      ],
    },
    {
      name: 'ids as numbers above 2^53, ISO times, an event of the Events API; the lower-case recipient missing',
      payload: `{"results": [{"type": "delivery", "event_id": 92356927693813857, "transmission_id": 65832150921904139, "raw_rcpt_to": "A@example.com", "customer_id": 1, "timestamp": "2026-03-01T10:00:00.000+00:00"}]}`,
      outcomes: [{ ...told, type: 'delivered', event_id: '92356927693813857', message_id: '65832150921904139' }],
    },
  ],
};
