/** One recipient's events as a hostile world delivers them: dense in the boundaries, shuffled, repeated. */
import fc from 'fast-check';
import { asTenant, DAY, ENGAGEMENT_KINDS, HOUR, MINUTE } from '@desist/domain';
import type { Command, DeliveryEvent, LogEvent } from '@desist/domain';
import { REPLIES, START } from './oracle/events.ts';

export const TENANT = asTenant('acme');
const RECIPIENT = 'alice@example.com';

/** Moments that sit on, before and after the boundaries of the default policy, and anywhere else within 20 days. */
const moment = fc.oneof(
  fc.nat({ max: 480 }).map((half) => START + half * HOUR),
  fc.tuple(fc.nat({ max: 9 }), fc.constantFrom(-1, 0, 1)).map(([days, ms]) => START + days * DAY + ms),
  fc.nat({ max: 12 * 60 }).map((minutes) => START + minutes * MINUTE),
  fc.constantFrom(30, 60, 90).map((days) => START + days * DAY + 72 * HOUR),
);
const message = fc.option(fc.constantFrom('m1', 'm2', 'm3', 'm4'), { nil: undefined });
const stream = fc.constantFrom('transactional', 'marketing', 'transactional', 'marketing', 'news');
const names = Object.keys(REPLIES) as (keyof typeof REPLIES)[];

function failureOf(type: 'deferred' | 'bounced' | 'expired'): fc.Arbitrary<Partial<DeliveryEvent>> {
  const reply = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...names.slice(0, 2)) },
    { weight: 3, arbitrary: fc.constantFrom(...names) },
    { weight: 2, arbitrary: fc.constantFrom('system_error', 'unknown', 'greylisting') },
  );
  return reply.map((name) => ({ type, smtp: REPLIES[name].smtp }));
}

const observation = fc.oneof(
  { weight: 10, arbitrary: failureOf('deferred') },
  { weight: 2, arbitrary: failureOf('bounced') },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constantFrom('deferred', 'bounced'), permanent: fc.boolean() }) as fc.Arbitrary<Partial<DeliveryEvent>>,
  },
  { weight: 2, arbitrary: failureOf('expired') },
  { weight: 1, arbitrary: fc.constant<Partial<DeliveryEvent>>({ type: 'expired' }) },
  { weight: 2, arbitrary: fc.constant<Partial<DeliveryEvent>>({ type: 'delivered' }) },
  { weight: 2, arbitrary: fc.constantFrom(...ENGAGEMENT_KINDS).map((kind): Partial<DeliveryEvent> => ({ type: 'engaged', kind })) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Partial<DeliveryEvent>>(
      { type: 'complained' },
      { type: 'unsubscribed' },
      { type: 'accepted' },
      { type: 'rejected' },
    ),
  },
);

const source = fc.constantFrom(undefined, 'kumomta', 'ses');

const deliveryEvent = fc.tuple(observation, moment, message, stream, source).map(
  ([what, occurredAt, messageId, name, from]) =>
    ({
      id: '',
      tenant: TENANT,
      recipient: RECIPIENT,
      stream: name,
      occurredAt,
      ...what,
      ...(messageId === undefined ? {} : { messageId }),
      ...(from === undefined ? {} : { source: from }),
    }) as DeliveryEvent,
);

const note = fc.constantFrom(undefined, 'asked to', 'ticket', '');

/** Of what the others made, more often than not. */
const amend = fc
  .record({
    occurredAt: moment,
    scope: fc.constantFrom('*', '*', 'marketing', 'transactional'),
    reason: fc.option(fc.constantFrom('persistent_deferral', 'hard_bounce', 'complaint', 'unsubscribe', 'operator'), { nil: undefined }),
    days: fc.option(fc.integer({ min: -2, max: 40 }), { nil: 'never' as const }),
    note,
    force: fc.boolean(),
    timed: fc.boolean(),
  })
  .map(({ occurredAt, scope, reason, days, note: text, force, timed }) => {
    const expires = timed || text === undefined ? { expiresAt: days === 'never' ? null : occurredAt + days * DAY } : {};
    const which = { ...(reason === undefined ? {} : { reason }), ...(text === undefined ? {} : { note: text }) };
    return { id: '', tenant: TENANT, recipient: RECIPIENT, type: 'amend', occurredAt, scope, ...expires, ...which, force } as Command;
  });

const command = fc
  .tuple(
    fc.constantFrom('suppress', 'release', 'allow', 'disallow'),
    moment,
    fc.constantFrom('*', 'marketing', 'transactional'),
    fc.option(fc.integer({ min: -2, max: 12 }), { nil: undefined }),
    fc.boolean(),
    fc.constantFrom('alice', 'bob'),
    note,
  )
  .map(([type, occurredAt, scope, days, force, by, text]) => {
    const expires = (type === 'suppress' || type === 'allow') && days !== undefined ? { expiresAt: occurredAt + days * DAY } : {};
    const said = { by, ...(text === undefined ? {} : { note: text }) };
    return { id: '', tenant: TENANT, recipient: RECIPIENT, type, occurredAt, scope, ...expires, ...said, force } as Command;
  });

const event: fc.Arbitrary<LogEvent> = fc.oneof(
  { weight: 24, arbitrary: deliveryEvent },
  { weight: 2, arbitrary: command },
  { weight: 1, arbitrary: amend },
);

/** Up to 30 events with distinct ids, up to half of them repeated, in any order. */
export const eventsOfOneRecipient: fc.Arbitrary<readonly LogEvent[]> = fc
  .array(event, { minLength: 1, maxLength: 30 })
  .map((events) => events.map((one, index) => ({ ...one, id: `e${String((index * 7919) % 101).padStart(3, '0')}` })))
  .chain((events) =>
    fc
      .subarray(events, { maxLength: Math.ceil(events.length / 2) })
      .chain((repeated) => fc.shuffledSubarray([...events, ...repeated], { minLength: events.length + repeated.length })),
  );
