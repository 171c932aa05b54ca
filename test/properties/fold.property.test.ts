/**
 * The incremental fold against the sequential oracle: whatever the order, the duplicates and the clock's steps, one
 * recipient ends in the same state, and what was published says the same.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addFact,
  advanceTo,
  CAP,
  DAY,
  DEFAULT_POLICY,
  decodeRecipient,
  dueOf,
  encodeRecipient,
  factOf,
  HOUR,
  MINUTE,
  newRecipient,
} from '@desist/domain';
import type { Change, DeliveryEvent, FoldContext, LogEvent, Policy, PolicySet, Recipient } from '@desist/domain';
import { scriptedVerdict, START } from '../support/oracle/events.ts';
import { outcomeOf } from '../support/held.ts';
import { oracle } from '../support/oracle/oracle.ts';
import { eventsOfOneRecipient, TENANT } from '../support/arbitraries.ts';
import { contrast, PROVIDER, verdictOf } from '../support/classified.ts';

const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 10_000);

const hasty: Policy = {
  ...DEFAULT_POLICY,
  deferral: { ...DEFAULT_POLICY.deferral, suppressFailures: 4, atRiskBefore: 6 * HOUR },
  suppression: { ...DEFAULT_POLICY.suppression, expiry: [2 * DAY] },
};
/** Evidence that is dense early can lapse before the deadline. */
const forgetful: Policy = {
  ...DEFAULT_POLICY,
  deferral: { ...DEFAULT_POLICY.deferral, evidenceSpan: 12 * HOUR, largestGap: 30 * HOUR, atRiskBefore: 60 * HOUR },
  suppression: { ...DEFAULT_POLICY.suppression, expiry: [DAY, 2 * DAY, null], probation: 36 * HOUR },
};
const POLICIES: PolicySet = {
  version: 'sha256:test',
  base: DEFAULT_POLICY,
  tenants: new Map([
    [
      TENANT,
      {
        base: DEFAULT_POLICY,
        streams: new Map([
          ['marketing', hasty],
          ['news', forgetful],
        ]),
      },
    ],
  ]),
};
const CONTEXT: FoldContext = {
  askBaseline: contrast,
  policies: POLICIES.tenants.get(TENANT) ?? { base: DEFAULT_POLICY, streams: new Map() },
  policyVersion: POLICIES.version,
};

interface Outcome {
  readonly recipient: Recipient;
  readonly changes: readonly Change[];
}

/** Feeds the events as they come; the clock follows a running maximum, and the row is stored and read in between. */
function feed(events: readonly LogEvent[], clockAt: (event: LogEvent) => number, end: number, storeEvery: number): Outcome {
  let recipient = newRecipient();
  const changes: Change[] = [];
  let clock = Number.NEGATIVE_INFINITY;
  events.forEach((event, index) => {
    const fact = factOf(event, (failed) => {
      const { source } = failed;
      return { verdict: verdictOf(failed), reply: null, provider: PROVIDER, ...(source === undefined ? {} : { source }) };
    });
    if (clock > Number.NEGATIVE_INFINITY) changes.push(...advanceTo(recipient, clock, CONTEXT));
    clock = Math.max(clock, clockAt(event));
    if (fact === undefined) return;
    const added = addFact(recipient, fact, clock, CONTEXT);
    if (added !== 'duplicate') changes.push(...added);
    if (index % storeEvery === 0) {
      const text = encodeRecipient(recipient);
      const again = decodeRecipient(text, recipient.version);
      if (again === undefined) throw new Error('not readable');
      recipient = again;
    }
  });
  changes.push(...advanceTo(recipient, end, CONTEXT));
  return { recipient, changes };
}

function expected(events: readonly LogEvent[], clock: number): ReturnType<typeof oracle> {
  const contrastOf = (_: DeliveryEvent, closesAt: number): boolean => contrast(PROVIDER, closesAt)?.passes === true;
  return oracle({ events, clock, policy: POLICIES, verdictOf: scriptedVerdict, contrastOf });
}

/** What a subscriber holds who applies the changes one after the other. */
function subscribed(changes: readonly Change[]): string[] {
  const held = new Map<string, string>();
  const byVersion = new Map<number, string>();
  for (const { type, suppression, version, corrects } of changes) {
    const key = suppression === null ? '' : `${suppression.scope} ${suppression.reason}`;
    if (type === 'suppressed' && suppression !== null) {
      held.set(key, `${key} ${suppression.since} ${String(suppression.expiresAt)}`);
      byVersion.set(version, key);
    } else if (type === 'released') held.delete(key);
    else if (type === 'corrected' && corrects !== null) {
      const corrected = byVersion.get(corrects);
      if (corrected !== undefined) held.delete(corrected);
    }
  }
  return [...held.values()].sort();
}

function lastsOf(events: readonly LogEvent[]): number {
  return Math.max(START, ...events.map((event) => event.occurredAt));
}

describe('one recipient, folded as the events come', () => {
  it('equals the sequential machine, in any order, with any duplicates, clock steps and reloads', () => {
    fc.assert(
      fc.property(eventsOfOneRecipient, fc.nat({ max: 40 * 24 }), fc.integer({ min: 1, max: 7 }), (arrivals, later, storeEvery) => {
        const end = lastsOf(arrivals) + later * HOUR;
        const outcome = feed(arrivals, (event) => event.occurredAt, end, storeEvery);
        const truth = expected(arrivals, end);
        const { transitions: _, ...answer } = truth;
        expect(outcomeOf(outcome.recipient, CONTEXT)).toEqual(answer);
      }),
      { numRuns: RUNS },
    );
  });

  it("equals it at any moment, even if the reporters' clocks are ahead", () => {
    const ahead = fc.oneof(fc.integer({ min: 1, max: 5 * MINUTE }), fc.integer({ min: 1, max: 5 * DAY }));
    fc.assert(
      fc.property(
        eventsOfOneRecipient,
        ahead,
        fc.nat({ max: 20 * DAY }),
        fc.integer({ min: 1, max: 7 }),
        (arrivals, by, end, storeEvery) => {
          const outcome = feed(arrivals, (event) => event.occurredAt - by, START + end, storeEvery);
          const { clock } = outcome.recipient;
          const { transitions: _, ...answer } = expected(arrivals, clock);
          const { state, suppressions, allowed } = answer;
          expect(outcomeOf(outcome.recipient, CONTEXT)).toEqual(answer);
          // And nothing happens by itself before it is due.
          const until = (dueOf(outcome.recipient, CONTEXT) ?? clock + 90 * DAY) - 1;
          const later = expected(arrivals, Math.max(clock, until));
          expect([later.state, later.suppressions, later.allowed]).toEqual([state, suppressions, allowed]);
        },
      ),
      { numRuns: RUNS / 2 },
    );
  });

  it('publishes what a subscriber needs to keep the same list, with versions that rise by one', () => {
    fc.assert(
      fc.property(eventsOfOneRecipient, fc.nat({ max: 40 * 24 }), (arrivals, later) => {
        const end = lastsOf(arrivals) + later * HOUR;
        const outcome = feed(arrivals, (event) => event.occurredAt, end, 3);
        const truth = expected(arrivals, end).suppressions;
        expect(subscribed(outcome.changes)).toEqual(
          truth.map(({ scope, reason, since, expiresAt }) => `${scope} ${reason} ${since} ${String(expiresAt)}`).sort(),
        );
        expect(outcome.changes.map((change) => change.version)).toEqual(outcome.changes.map((_, index) => index + 1));
      }),
      { numRuns: RUNS / 5 },
    );
  });

  it('publishes, when events come in order, just what the sequential machine says happened', () => {
    fc.assert(
      fc.property(eventsOfOneRecipient, fc.nat({ max: 40 * 24 }), (arrivals, later) => {
        const end = lastsOf(arrivals) + later * HOUR;
        const byInstant = new Map(arrivals.map((event) => [event.occurredAt, event]));
        const ordered = [...byInstant.values()].toSorted((a, b) => a.occurredAt - b.occurredAt);
        const outcome = feed(ordered, (event) => event.occurredAt, end, 4);
        const story = outcome.changes.map(({ type, effectiveAt, suppression }) => [
          type,
          effectiveAt,
          suppression?.scope,
          suppression?.reason,
        ]);
        const wanted = expected(ordered, end).transitions.map(({ type, at, scope, reason }) => [
          type,
          at,
          reason === undefined ? undefined : scope,
          reason,
        ]);
        const published = (line: readonly unknown[]): boolean => line[0] !== 'deferred' && line[0] !== 'recovered';
        expect(story.filter(published).map(String).sort()).toEqual(wanted.filter(published).map(String).sort());
      }),
      { numRuns: RUNS / 5 },
    );
  });

  it('keeps its evidence bounded', () => {
    fc.assert(
      fc.property(eventsOfOneRecipient, (arrivals) => {
        const many = Array.from({ length: 12 }, (_, turn) =>
          arrivals.map((event) => ({ ...event, id: `${event.id}-${turn}`, occurredAt: event.occurredAt + turn * 61_003 })),
        ).flat();
        const outcome = feed(many, (event) => event.occurredAt, lastsOf(many), many.length);
        expect(outcome.recipient.facts.length).toBeLessThanOrEqual(CAP + 128);
      }),
      { numRuns: Math.min(300, RUNS) },
    );
  });
});
