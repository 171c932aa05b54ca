import { describe, expect, it } from 'vitest';
import type { Command, DeliveryEvent, DeliveryEventType } from '../event.ts';
import { DEFAULT_POLICY } from '../policy/policy.ts';
import type { Policy } from '../policy/policy.ts';
import type { Attribution, Category, Verdict } from '@desist/verdicts';
import { asTenant, asAddress } from '../keys.ts';
import { compareFacts, factOf, isHard, positionOf, weightOf } from './fact.ts';
import type { Fact, FailureFact, ClassifiedReply } from './types.ts';

const verdict = (category: Category, attribution: Attribution, permanence: Verdict['permanence'] = 'temporary'): Verdict => ({
  category,
  attribution,
  permanence,
  rule: 'test',
});
const classified = (given: Verdict): ClassifiedReply => ({ verdict: given, reply: null, provider: null });
const FULL = verdict('mailbox_full', 'recipient');

function event(type: DeliveryEventType, rest: Partial<DeliveryEvent> = {}): DeliveryEvent {
  return { id: 'e', tenant: asTenant('acme'), recipient: asAddress('r@example.com'), occurredAt: 5, type, stream: 'news', ...rest };
}
const command = (type: Command['type'], rest: Partial<Command> = {}): Command => {
  return { id: 'c', tenant: asTenant('acme'), recipient: asAddress('r@example.com'), occurredAt: 5, type, scope: '*', ...rest };
};
const failure = (given: Verdict, type: FailureFact['type'] = 'bounced'): FailureFact => {
  return {
    kind: 'failure',
    type,
    at: 5,
    id: 'e',
    stream: 'news',
    message: null,
    classified: classified(given),
    causeUnknown: false,
    merged: 0,
  };
};

describe('the fact that an event leaves behind', () => {
  it.each(['deferred', 'bounced', 'expired'] as const)('of %s: the verdict', (type) => {
    const smtp = { text: '452 4.2.2 Mailbox full' };
    expect(factOf(event(type, { smtp, messageId: 'm' }), () => classified(FULL))).toEqual({ ...failure(FULL, type), message: 'm' });
  });

  it('of expired: no cause of its own if there is no reply, or if the reply says only that time ran out', () => {
    const smtp = { text: '550 4.4.7 expired' };
    const causeUnknown = (of: DeliveryEvent, given: Verdict): boolean | undefined =>
      (factOf(of, () => classified(given)) as FailureFact | undefined)?.causeUnknown;
    expect(causeUnknown(event('expired'), FULL)).toBe(true);
    expect(causeUnknown(event('expired', { smtp }), verdict('expired', 'system'))).toBe(true);
    expect(causeUnknown(event('expired', { smtp }), verdict('connection_failure', 'local'))).toBe(true);
    expect(causeUnknown(event('expired', { smtp }), FULL)).toBe(false);
    expect(causeUnknown(event('bounced'), verdict('expired', 'local'))).toBe(false);
  });

  it('of delivered: its message; of complaint and unsubscribe: the stream', () => {
    const none = (): never => expect.fail('not asked for');
    expect(factOf(event('delivered', { messageId: 'm' }), none)).toEqual({
      kind: 'delivered',
      at: 5,
      id: 'e',
      stream: 'news',
      message: 'm',
    });
    expect(factOf(event('delivered'), none)).toMatchObject({ message: null });
    expect(factOf(event('complained'), none)).toEqual({ kind: 'complained', at: 5, id: 'e', stream: 'news' });
    expect(factOf(event('unsubscribed'), none)).toEqual({ kind: 'unsubscribed', at: 5, id: 'e', stream: 'news' });
  });

  it('of accepted, rejected and forget: there is none', () => {
    for (const none of [event('accepted'), event('rejected'), command('forget')])
      expect(factOf(none, () => classified(FULL))).toBeUndefined();
  });

  it('of an event that is not certain to be about this recipient: there is none, whatever it says', () => {
    const smtp = { text: '550 5.1.1 User unknown' };
    for (const type of ['bounced', 'deferred', 'delivered', 'complained', 'unsubscribed'] as const) {
      expect(factOf(event(type, { certain: false, smtp }), () => classified(FULL))).toBeUndefined();
    }
  });

  it("of a command: the operator's words, up to 300 characters", () => {
    expect(factOf(command('suppress', { note: 'asked by phone' }), () => classified(FULL))).toMatchObject({ note: 'asked by phone' });
    expect(factOf(command('suppress', { note: 'x'.repeat(301) }), () => classified(FULL))).toMatchObject({ note: 'x'.repeat(300) });
    expect(factOf(command('suppress'), () => classified(FULL))).not.toHaveProperty('note');
  });

  it.each(['suppress', 'release', 'allow', 'disallow'] as const)('of %s: what was asked for, and by whom', (type) => {
    const plain = { kind: type, at: 5, id: 'c', scope: '*', expiresAt: null, force: false, by: null };
    expect(factOf(command(type), () => classified(FULL))).toEqual(plain);
    const full = command(type, { expiresAt: 9, force: true, by: 'ann' });
    expect(factOf(full, () => classified(FULL))).toEqual({ ...plain, expiresAt: 9, force: true, by: 'ann' });
  });
});

describe('the order of facts', () => {
  const delivered = (at: number, id: string): Fact => ({ kind: 'delivered', at, id, stream: 'news', message: null });
  const allow: Fact = { kind: 'allow', at: 5, id: 'a', scope: '*', expiresAt: null, force: false, by: null };

  it('is by time, then failures, delivered, objections, commands, then id', () => {
    const sorted: readonly Fact[] = [
      { ...failure(FULL), at: 4, id: 'z' },
      { ...failure(FULL), id: 'z' },
      delivered(5, 'y'),
      { kind: 'complained', at: 5, id: 'b', stream: 'news' },
      { kind: 'unsubscribed', at: 5, id: 'c', stream: 'news' },
      { ...allow, id: 'a' },
      { ...allow, kind: 'suppress', id: 'b' },
    ];
    for (const [i, a] of sorted.entries())
      for (const [j, b] of sorted.entries()) expect(Math.sign(compareFacts(a, b)), `${i} ${j}`).toBe(Math.sign(i - j));
  });

  it('inserts a fact before an equal one', () => {
    const facts = [delivered(1, 'a'), delivered(3, 'b'), delivered(3, 'c'), delivered(7, 'a')];
    expect(
      [delivered(0, 'a'), delivered(3, 'a'), delivered(3, 'b'), delivered(3, 'd'), delivered(9, 'a')].map((one) => positionOf(facts, one)),
    ).toEqual([0, 1, 1, 3, 4]);
    expect(positionOf([], delivered(1, 'a'))).toBe(0);
  });
});

describe('under a policy', () => {
  const blaming: Policy = { ...DEFAULT_POLICY, attribution: { mailbox_full: 'sender', policy_block: 'recipient', user_unknown: 'system' } };

  it('a failure counts by its attribution, or the one that the policy gives its category', () => {
    expect(weightOf(DEFAULT_POLICY, FULL)).toBe('counts');
    expect(weightOf(blaming, FULL)).toBe('never');
    expect(weightOf(DEFAULT_POLICY, verdict('policy_block', 'sender'))).toBe('never');
    expect(weightOf(blaming, verdict('policy_block', 'sender'))).toBe('counts');
  });

  it("a failure that may be the receiving system's counts by contrast; an echo or a rate limit of the recipient never counts", () => {
    expect(weightOf(DEFAULT_POLICY, verdict('server_busy', 'system'))).toBe('by_contrast');
    expect(weightOf(DEFAULT_POLICY, verdict('unknown', 'unknown'))).toBe('by_contrast');
    expect(weightOf(DEFAULT_POLICY, verdict('greylisting', 'greylisting'))).toBe('greylisting');
    for (const category of ['recipient_rate_limited', 'upstream_suppressed'] as const) {
      expect(weightOf({ ...DEFAULT_POLICY, attribution: { [category]: 'recipient' } }, verdict(category, 'recipient'))).toBe('never');
    }
  });

  it('a failure of routing or protocol never counts, unless the policy says whose fault it is', () => {
    const loop = verdict('routing_loop', 'system', 'permanent');
    expect(weightOf(DEFAULT_POLICY, loop)).toBe('never');
    expect(weightOf({ ...DEFAULT_POLICY, attribution: { routing_loop: 'system' } }, loop)).toBe('by_contrast');
    expect(weightOf({ ...DEFAULT_POLICY, attribution: { routing_loop: 'recipient' } }, loop)).toBe('counts');
  });

  it.each(['sender', 'message', 'local'] as const)('the fault of %s never counts', (attribution) => {
    expect(weightOf(DEFAULT_POLICY, verdict('unknown', attribution))).toBe('never');
  });

  it("a hard bounce is a permanent `bounced` that is the recipient's fault, of a category that does not heal", () => {
    const unknown = verdict('user_unknown', 'recipient', 'permanent');
    expect(isHard(DEFAULT_POLICY, failure(unknown))).toBe(true);
    expect(isHard(DEFAULT_POLICY, failure(unknown, 'deferred'))).toBe(false);
    expect(isHard(DEFAULT_POLICY, failure(unknown, 'expired'))).toBe(false);
    expect(isHard(DEFAULT_POLICY, failure(verdict('user_unknown', 'recipient')))).toBe(false);
    expect(isHard(DEFAULT_POLICY, failure(verdict('mailbox_full', 'recipient', 'permanent')))).toBe(false);
    expect(isHard(blaming, failure(unknown))).toBe(false);
  });
});
