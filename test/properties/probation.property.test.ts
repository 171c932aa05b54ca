/** Recipients that fail for weeks under a policy of hours: suppressed, on probation, and suppressed again, as the sequential machine says. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addFact, advanceTo, decodeRecipient, DEFAULT_POLICY, encodeRecipient, factOf, HOUR, newRecipient } from '@desist/domain';
import type { FoldContext, LogEvent, Policy, Recipient } from '@desist/domain';
import { contrast, PROVIDER, verdictOf } from '../support/classified.ts';
import { outcomeOf } from '../support/held.ts';
import { deferred, delivered, engaged, gaveUp, release, scriptedVerdict, START, suppress, unsubscribed } from '../support/oracle/events.ts';
import { oracle } from '../support/oracle/oracle.ts';

const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 2_000);

const SHORT: Policy = {
  ...DEFAULT_POLICY,
  deferral: { ...DEFAULT_POLICY.deferral, suppressAfter: 6 * HOUR, evidenceSpan: 4 * HOUR, suppressFailures: 2, atRiskBefore: HOUR },
  giveUp: { messages: 2, span: 4 * HOUR, remembered: 72 * HOUR },
  contrast: { ...DEFAULT_POLICY.contrast, window: 2 * HOUR },
  suppression: { ...DEFAULT_POLICY.suppression, expiry: [12 * HOUR, 24 * HOUR], probation: 18 * HOUR },
};
const POLICIES = { version: 'sha256:test', base: SHORT, tenants: new Map() };
const CONTEXT: FoldContext = { askBaseline: contrast, policies: { base: SHORT, streams: new Map() }, policyVersion: POLICIES.version };

const happening = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom('mailbox_full', 'mailbox_full', 'user_unknown_450', 'system_error', 'greylisting') },
  { weight: 2, arbitrary: fc.constantFrom('gives up', 'suppress', 'unsubscribe') },
  { weight: 1, arbitrary: fc.constantFrom('delivered', 'release', 'login', 'click') },
);

function failing(length: number): fc.Arbitrary<readonly LogEvent[]> {
  const step = fc.record({ after: fc.integer({ min: 1, max: 9 }), ms: fc.constantFrom(0, 0, -1, 1), what: happening });
  return fc.array(step, { minLength: 5, maxLength: length }).map((steps) => {
    let hours = 0;
    return steps.map(({ after, ms, what }, index): LogEvent => {
      hours += after;
      const moment = START + hours * HOUR + ms;
      const id = `e${String(index).padStart(3, '0')}`;
      const message = `m${index % 5}`;
      if (what === 'gives up') return gaveUp(moment, { id, message });
      if (what === 'login' || what === 'click') return engaged(what, moment, { id });
      if (what === 'delivered') return delivered(moment, { id, message });
      if (what === 'unsubscribe') return unsubscribed(moment, { id, stream: 'news' });
      if (what === 'release') return release(moment, { id });
      if (what === 'suppress') return suppress(moment, { id, until: moment + 7 * HOUR });
      return deferred(moment, { id, message, reply: what });
    });
  });
}

function folded(arrivals: readonly LogEvent[], end: number): Recipient {
  let recipient = newRecipient();
  let clock = Number.NEGATIVE_INFINITY;
  for (const event of arrivals) {
    clock = Math.max(clock, event.occurredAt);
    const fact = factOf(event, (failed) => ({ verdict: verdictOf(failed), reply: null, provider: PROVIDER }));
    if (fact !== undefined) addFact(recipient, fact, clock, CONTEXT);
    recipient = decodeRecipient(encodeRecipient(recipient), recipient.version) ?? newRecipient();
  }
  advanceTo(recipient, end, CONTEXT);
  return recipient;
}

function expected(events: readonly LogEvent[], clock: number): ReturnType<typeof oracle> {
  const contrastOf = (_: unknown, closesAt: number): boolean => contrast(PROVIDER, closesAt)?.passes === true;
  return oracle({ events, clock, policy: POLICIES, verdictOf: scriptedVerdict, contrastOf });
}

describe('a recipient that fails again and again', () => {
  it('is suppressed when the sequential machine says so, in any order', () => {
    let again = 0;
    const shuffled = failing(40).chain((events) => fc.shuffledSubarray([...events], { minLength: events.length }));
    fc.assert(
      fc.property(shuffled, fc.nat({ max: 48 }), (events, later) => {
        const end = Math.max(...events.map(({ occurredAt }) => occurredAt)) + later * HOUR;
        const { transitions, ...answer } = expected(events, end);
        expect(outcomeOf(folded(events, end), CONTEXT)).toEqual(answer);
        const suppressed = transitions.filter(({ type, reason }) => type === 'suppressed' && reason === 'persistent_deferral').length;
        if (suppressed > 2) again += 1;
      }),
      { numRuns: RUNS },
    );
    expect(again).toBeGreaterThan(RUNS / 20);
  });

  it('also when more has happened than is kept', () => {
    fc.assert(
      fc.property(failing(260), (events) => {
        const end = Math.max(...events.map(({ occurredAt }) => occurredAt)) + HOUR;
        const { state, suppressions, probationUntil } = expected(events, end);
        const { streak: _, details: __, allowed: ___, ...answer } = outcomeOf(folded(events, end), CONTEXT);
        expect(answer).toEqual({ state, suppressions, probationUntil });
      }),
      { numRuns: Math.ceil(RUNS / 20) },
    );
  });
});
