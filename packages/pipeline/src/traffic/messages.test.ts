import { asAddress, asTenant, factOf } from '@desist/domain';
import type { DeliveredFact, EngagementKind, Fact, FailureFact } from '@desist/domain';
import { NO_REPLY } from '@desist/verdicts';
import { expect, it } from 'vitest';
import { firstAttemptOf, isRepeatedEnd, startsMessage } from './messages.ts';

let ids = 0;

function fact(type: 'deferred' | 'bounced' | 'delivered', at: number, message: string | null = 'm'): Fact {
  const event = { id: `e${(ids += 1)}`, tenant: asTenant('t'), recipient: asAddress('a@example.com'), stream: 's', type, occurredAt: at };
  const made = factOf({ ...event, ...(message === null ? {} : { messageId: message }) }, () => ({
    verdict: NO_REPLY,
    reply: null,
    provider: 'x',
  }));
  return made as Fact;
}
const delivered = (at: number, message: string | null = 'm'): DeliveredFact => fact('delivered', at, message) as DeliveredFact;
const deferred = (at: number, message: string | null = 'm'): FailureFact => fact('deferred', at, message) as FailureFact;

it('a message begins with its first deferral, and is delivered or given up since then', () => {
  const first = deferred(1);
  const known = [deferred(0, 'other'), first, deferred(2)];
  expect(startsMessage([deferred(0, 'other')], first)).toBe(true);
  expect(startsMessage(known, deferred(3))).toBe(false);
  expect(firstAttemptOf(known, delivered(5))).toBe(first);
  expect(firstAttemptOf(known, fact('bounced', 5) as FailureFact)).toBe(first);
  expect(firstAttemptOf(known, fact('bounced', 5, 'third') as FailureFact)).toBeUndefined();
});

it('without an id, or with an unknown one, a streak stands for the message', () => {
  const known = [deferred(1, null), delivered(2, null), deferred(3, null), deferred(4, 'm')];
  expect(firstAttemptOf(known, delivered(9, null))?.at).toBe(3);
  expect(firstAttemptOf(known, delivered(9, 'unknown'))?.at).toBe(3);
  expect(startsMessage(known, deferred(5, null))).toBe(false);
  expect(startsMessage(known.slice(0, 2), deferred(3, null))).toBe(true);
});

it('proof of life ends the streak that stands for a message, as a delivery does; a click does not', () => {
  const engaged = (at: number, engagement: EngagementKind): Fact => ({
    kind: 'engaged',
    engagement,
    at,
    id: `g${at}`,
    stream: 's',
    message: null,
  });
  const known = (engagement: EngagementKind): readonly Fact[] => [deferred(1, 'other'), engaged(2, engagement), deferred(3, null)];
  expect(firstAttemptOf(known('login'), delivered(9, null))?.at).toBe(3);
  expect(firstAttemptOf(known('click'), delivered(9, null))?.at).toBe(1);
  expect(isRepeatedEnd([engaged(2, 'reply')], delivered(3, null))).toBe(false);
});

it('what came after the delivery was no attempt of it', () => {
  expect(firstAttemptOf([deferred(7)], delivered(5))).toBeUndefined();
});

it('an end is told once', () => {
  expect(isRepeatedEnd([deferred(1), delivered(2)], delivered(3))).toBe(true);
  expect(isRepeatedEnd([deferred(1), fact('bounced', 2)], delivered(3))).toBe(false);
  expect(isRepeatedEnd([deferred(1), fact('bounced', 2)], fact('bounced', 3) as FailureFact)).toBe(true);
  expect(isRepeatedEnd([delivered(2, null)], delivered(3, null))).toBe(false);
});
