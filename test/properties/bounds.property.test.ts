/**
 * What is bounded, and what it costs: evidence that is compacted says the same as the whole of it, and lateness begins a streak too
 * early by no more than the lateness. docs/guarantees.md names both.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addFact,
  asAddress,
  asTenant,
  baselineAnswer,
  CAP,
  classifyFailure,
  DAY,
  decodeRecipient,
  DEFAULT_POLICY,
  encodeRecipient,
  factOf,
  HOUR,
  machineOf,
  MINUTE,
  newRecipient,
  SLACK,
  viewOf,
  ENGAGEMENT_KINDS,
} from '@desist/domain';
import type { BaselineAnswer, EngagementKind, FoldContext, LogEvent, Policy, PolicySet, Recipient } from '@desist/domain';
import { createReplay } from '@desist/pipeline';
import {
  bounced,
  deferred,
  delivered,
  engaged,
  expired,
  gaveUp,
  release,
  scriptedVerdict,
  START,
  suppress,
} from '../support/oracle/events.ts';
import { oracle } from '../support/oracle/oracle.ts';
import type { OracleAnswer } from '../support/oracle/oracle.ts';

/** Stories of each kind; the costly ones are fewer. */
const RUNS = Number(process.env['BOUNDS_RUNS'] ?? 60);
const POLICIES: PolicySet = { version: 'sha256:test', base: DEFAULT_POLICY, tenants: new Map() };

/** Every third window was failing. */
function contrast(_: string, closesAt: number): BaselineAnswer {
  return baselineAnswer(DEFAULT_POLICY, closesAt, 40, (closesAt / (6 * HOUR)) % 3 === 0 ? 60 : 2);
}

interface Arrival {
  readonly event: LogEvent;
  readonly at: number;
}

/** Folded one event after the other, and after each of them from what is stored of it. */
function folded(arrivals: readonly Arrival[], context: FoldContext): Recipient {
  let recipient = newRecipient();
  for (const { event, at } of arrivals) {
    const fact = factOf(event, (failed) => {
      const classified = classifyFailure(failed, () => 'example');
      return { ...classified, verdict: scriptedVerdict(failed) ?? classified.verdict };
    });
    if (fact !== undefined) addFact(recipient, fact, at, context);
    recipient = decodeRecipient(encodeRecipient(recipient), recipient.version) ?? newRecipient();
    expect(recipient.facts.length).toBeLessThanOrEqual(2 * CAP + SLACK);
  }
  return recipient;
}

function truthOf(arrivals: readonly Arrival[], base: Policy): OracleAnswer {
  return oracle({
    events: arrivals.map(({ event }) => event),
    clock: arrivals.at(-1)?.at ?? START,
    policy: { ...POLICIES, base },
    verdictOf: scriptedVerdict,
    contrastOf: (_, closesAt) => contrast('example', closesAt).passes,
  });
}

const contextOf = (base: Policy): FoldContext => ({
  policies: { base, streams: new Map() },
  policyVersion: 'sha256:test',
  askBaseline: contrast,
});

describe('evidence of a recipient that fails hundreds of times', { timeout: 60_000 + 1_000 * RUNS }, () => {
  const step = fc.record({
    what: fc.oneof(
      { weight: 200, arbitrary: fc.constant('deferred') },
      { weight: 2, arbitrary: fc.constantFrom('delivered', 'gaveUp', 'release', 'engaged') },
      { weight: 1, arbitrary: fc.constantFrom('suppress', 'expired', 'permanent', 'bounced') },
    ),
    reply: fc.constantFrom('mailbox_full', 'mailbox_full', 'system_error', 'unknown', 'rate_limited', 'greylisting', 'greylisting'),
    message: fc.constantFrom('m1', 'm2', 'm3', null),
    stream: fc.constantFrom('transactional', 'marketing'),
    days: fc.integer({ min: 0, max: 5 }),
  } as const);
  type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

  const minutes = fc.integer({ min: 1, max: 40 });
  const pause = fc.integer({ min: 300, max: 3_600 });
  /** One failure after the other, and a pause of hours or days after so many. */
  const story = (often: number): fc.Arbitrary<readonly (readonly [number, Step])[]> => {
    const after = fc.oneof({ weight: often, arbitrary: minutes }, { weight: 1, arbitrary: pause });
    return fc.array(fc.tuple(after, step), { minLength: 150, maxLength: 500, size: 'max' });
  };

  function eventOf({ what, reply, message, stream, days }: Step, at: number, id: string): LogEvent {
    switch (what) {
      case 'delivered':
        return delivered(at, { id, message, stream });
      case 'engaged':
        return engaged(ENGAGEMENT_KINDS[days % ENGAGEMENT_KINDS.length] as EngagementKind, at, { id, message, stream });
      case 'gaveUp':
        return gaveUp(at, { id, message, stream });
      case 'bounced':
        return bounced(at, { id, message, stream });
      case 'expired':
        return expired(at, { id, message, stream });
      case 'permanent':
        return deferred(at, { id, message, stream, reply: null, permanent: true });
      case 'release':
        return release(at, { id });
      case 'suppress':
        return suppress(at, { id, ...(days === 0 ? {} : { until: at + days * DAY }) });
      default:
        return deferred(at, { id, message, stream, reply });
    }
  }

  function inTime(steps: readonly (readonly [number, Step])[], days: number): readonly Arrival[] {
    let at = START;
    const all = steps.map(([after, one], index): Arrival => {
      at += after * MINUTE;
      return { event: eventOf(one, at, `e${index}`), at };
    });
    return all.filter((one) => one.at < START + days * DAY);
  }

  /** What the compacted evidence and the whole of it say. */
  function expectSame(arrivals: readonly Arrival[], base: Policy): void {
    const context = contextOf(base);
    const recipient = folded(arrivals, context);
    const truth = truthOf(arrivals, base);
    const { state, suppressions } = viewOf(recipient, context);
    const { streak } = machineOf(recipient, context);
    expect({
      state,
      suppressions: suppressions.map(({ scope, reason, since, expiresAt }) => ({ scope, reason, since, expiresAt })),
      streak: streak === undefined ? null : { startedAt: streak.firstAt, lastAt: streak.lastAt, failures: streak.failures },
    }).toEqual({ state: truth.state, suppressions: truth.suppressions, streak: truth.streak });
  }

  it('is bounded, and leads to the same as the full history: state, suppressions; first, last and number of the streak', () => {
    fc.assert(
      fc.property(story(12), (steps) => expectSame(inTime(steps, 30), DEFAULT_POLICY)),
      { numRuns: RUNS, endOnFailure: true },
    );
  });

  it('says so for half a year, in which suppressions expire and come again', () => {
    fc.assert(
      fc.property(story(4), (steps) => expectSame(inTime(steps, 200), DEFAULT_POLICY)),
      { numRuns: RUNS / 2, endOnFailure: true },
    );
  });

  it.each([3, 7, 13])('says so under a policy whose gaps are shorter than a day (%i h)', (hours) => {
    const deferral = { ...DEFAULT_POLICY.deferral, largestGap: hours * HOUR, evidenceSpan: 60 * HOUR, persistentAfter: 3 * HOUR };
    const base: Policy = { ...DEFAULT_POLICY, deferral, greylisting: { window: HOUR, renewAfter: hours * HOUR } };
    fc.assert(
      fc.property(story(12), (steps) => expectSame(inTime(steps, 30), base)),
      { numRuns: RUNS / 6, endOnFailure: true },
    );
  });

  it('may begin a streak up to a day late if a delivery arrives only after the failures around it were merged', () => {
    const context = contextOf(DEFAULT_POLICY);
    let late = 0;
    fc.assert(
      fc.property(story(12), fc.integer({ min: 30, max: 400 }), (steps, healed) => {
        const failing = steps.map(([after, one], index): readonly [number, Step] => {
          return [after, { ...one, what: index === healed ? 'delivered' : 'deferred' }];
        });
        const all = inTime(failing, 30);
        const arrivals = all
          .map(({ event, at }) => ({ event, at: event.type === 'delivered' ? at + 12 * HOUR : at }))
          .toSorted((a, b) => a.at - b.at);
        const begun = machineOf(folded(arrivals, context), context).streak?.firstAt;
        const truth = truthOf(arrivals, DEFAULT_POLICY).streak?.startedAt;
        expect(begun === undefined).toBe(truth === undefined);
        if (begun === undefined || truth === undefined) return;
        if (begun !== truth) late += 1;
        expect(begun - truth).toBeGreaterThanOrEqual(0);
        expect(begun - truth).toBeLessThan(24 * HOUR);
      }),
      { numRuns: RUNS, endOnFailure: true },
    );
    expect(late / RUNS).toBeLessThan(0.1);
    if (process.env['BOUNDS_RUNS'] !== undefined) process.stdout.write(`${late} of ${RUNS} streaks began late\n`);
  });
});

describe('a failure that arrives after a delivery that is later than it', () => {
  const replayed = (arrivals: readonly LogEvent[]): ReturnType<ReturnType<typeof createReplay>['find']> => {
    const replay = createReplay({ policies: POLICIES, providerOf: () => 'example' });
    for (const event of arrivals) replay.fold(event);
    replay.finish();
    return replay.find(asTenant('acme'), asAddress('alice@example.com'));
  };

  it('opens a streak that the delivery should have voided: the delivery left no trace', () => {
    const events = [delivered('2h'), deferred('0h')];
    expect(oracle({ events, clock: START + 2 * HOUR, policy: POLICIES, verdictOf: scriptedVerdict }).state).toBe('healthy');
    expect(replayed(events)?.view).toMatchObject({ state: 'deferred', streak: { firstFailureAt: START } });
    expect(replayed([engaged('login', '2h'), deferred('0h')])?.view.state).toBe('deferred');
    // With anything known of the recipient before, the delivery is kept.
    expect(replayed([deferred('-1h'), ...events])?.view.state).toBe('healthy');
    expect(replayed([deferred('-1h'), engaged('login', '2h'), deferred('0h')])?.view.state).toBe('healthy');
  });

  it('begins a streak earlier than the delivery by no more than the lateness', () => {
    const LATEST = 10 * HOUR;
    const one = fc.record({
      at: fc.integer({ min: 0, max: 6 * 24 * 60 }).map((minutes) => START + minutes * MINUTE),
      late: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: LATEST })),
      heals: fc.oneof({ weight: 2, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
    });
    let early = 0;
    fc.assert(
      fc.property(fc.array(one, { minLength: 1, maxLength: 25 }), (all) => {
        const events = all.map(({ at, late, heals }, index) => {
          const id = `e${index}`;
          return { event: heals ? delivered(at, { id, message: id }) : deferred(at, { id, message: id }), arrives: at + late };
        });
        const arrivals = events.toSorted((a, b) => a.arrives - b.arrives).map(({ event }) => event);
        const streak = replayed(arrivals)?.view.streak ?? null;
        if (streak === null) return;
        for (const { event } of events) {
          if (event.type !== 'delivered' || event.occurredAt < streak.firstFailureAt) continue;
          early += 1;
          expect(event.occurredAt - streak.firstFailureAt).toBeLessThanOrEqual(LATEST);
        }
      }),
      { numRuns: 3_000 },
    );
    expect(early).toBeGreaterThan(0);
  });
});
