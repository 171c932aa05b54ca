/**
 * What holds of a recipient with a long history: complaints, unsubscribes, operators' commands and hard bounces in many streams. Compacted,
 * stored and folded again it is what the sequential machine says of all events that ever were.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addFact,
  advanceTo,
  BOUND,
  DAY,
  decodeRecipient,
  DEFAULT_POLICY,
  encodeRecipient,
  factOf,
  HOUR,
  classifyFailure,
  MINUTE,
  newRecipient,
  ENGAGEMENT_KINDS,
} from '@desist/domain';
import type { EngagementKind, FoldContext, LogEvent, Policy, Recipient, SuppressionReason } from '@desist/domain';
import { heldOf } from '../support/held.ts';
import {
  allow,
  amend,
  bounced,
  complained,
  deferred,
  delivered,
  engaged,
  disallow,
  gaveUp,
  release,
  scriptedVerdict,
  START,
  suppress,
  unsubscribed,
} from '../support/oracle/events.ts';
import { oracle } from '../support/oracle/oracle.ts';

/** Stories of each kind. */
const RUNS = Number(process.env['BOUNDS_RUNS'] ?? 15);

interface Arrival {
  readonly event: LogEvent;
  /** When it is known, ms: never before it happened. */
  readonly at: number;
}

const contextOf = (base: Policy, policyVersion = 'sha256:test'): FoldContext => ({ policies: { base, streams: new Map() }, policyVersion });

/** Folded in the order of arrival, and every so often from what is stored. */
function folded(arrivals: readonly Arrival[], context: FoldContext, storeEvery: number): Recipient {
  let recipient = newRecipient();
  for (const [index, { event, at }] of arrivals.entries()) {
    const fact = factOf(event, (failed) => {
      const classified = classifyFailure(failed, () => 'example');
      return { ...classified, verdict: scriptedVerdict(failed) ?? classified.verdict };
    });
    if (fact !== undefined) addFact(recipient, fact, at, context);
    if (index % storeEvery === 0) recipient = decodeRecipient(encodeRecipient(recipient), recipient.version) ?? newRecipient();
  }
  return recipient;
}

/** The oracle's answer; ours as it was folded, read again, and folded again under a policy of another name. */
function expectSame(arrivals: readonly Arrival[], base: Policy, storeEvery: number): void {
  const context = contextOf(base);
  const recipient = folded(arrivals, context, storeEvery);
  const events = arrivals.map(({ event }) => event);
  const clock = Math.max(...arrivals.map(({ at }) => at));
  const policy = { version: context.policyVersion, base, tenants: new Map() };
  const { streak: _, transitions: __, ...answer } = oracle({ events, clock, policy, verdictOf: scriptedVerdict });
  expect(heldOf(recipient, context)).toEqual(answer);
  const read = decodeRecipient(encodeRecipient(recipient), recipient.version) as Recipient;
  expect(heldOf(read, context)).toEqual(answer);
  const renamed = contextOf(base, 'sha256:other');
  expect(advanceTo(read, clock, renamed)).toEqual([]);
  expect(heldOf(read, renamed)).toEqual(answer);
  expect(recipient.facts.length).toBeLessThanOrEqual(BOUND);
}

/** By stream and days; many have none. */
const REASONS: readonly (SuppressionReason | undefined)[] = Array.from({ length: 64 }, (_, n) => {
  return ([undefined, undefined, 'complaint', 'unsubscribe', 'hard_bounce', 'operator'] as const)[n % 6];
});

const KINDS = {
  unsubscribed: 12,
  complained: 4,
  suppress: 6,
  release: 2,
  allow: 6,
  disallow: 4,
  amend: 4,
  delivered: 2,
  engaged: 2,
  bounced: 3,
  refused: 3,
  gaveUp: 2,
  deferred: 4,
} as const;
type Kind = keyof typeof KINDS;

interface Step {
  readonly what: Kind;
  readonly stream: number;
  readonly everywhere: boolean;
  readonly force: boolean;
  readonly days: number;
  readonly message: string | null;
  readonly after: number;
  readonly late: number;
}

/** `often`: kinds whose weight is multiplied. */
function storyOf(streams: number, often: Partial<Record<Kind, number>> = {}, late = 0): fc.Arbitrary<readonly Step[]> {
  const what = fc.oneof(
    ...(Object.keys(KINDS) as Kind[]).map((kind) => ({ weight: KINDS[kind] * (often[kind] ?? 1), arbitrary: fc.constant(kind) })),
  );
  const step = fc.record({
    what,
    stream: fc.nat({ max: streams - 1 }),
    everywhere: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
    force: fc.boolean(),
    days: fc.integer({ min: 0, max: 40 }),
    message: fc.constantFrom('m1', 'm2', 'm3', null),
    after: fc.oneof(
      { weight: 8, arbitrary: fc.integer({ min: 1, max: 600 }) },
      { weight: 1, arbitrary: fc.integer({ min: 600, max: 9_000 }) },
    ),
    late: late === 0 ? fc.constant(0) : fc.oneof(fc.constant(0), fc.integer({ min: 0, max: late })),
  });
  return fc.array(step, { minLength: 150, maxLength: 450, size: 'max' });
}

function arrivalsOf(steps: readonly Step[]): readonly Arrival[] {
  let at = START;
  const all = steps.map((step, index): Arrival => {
    at += step.after * MINUTE;
    return { event: eventOf(step, at, `e${index}`), at: at + step.late };
  });
  return all.toSorted((a, b) => a.at - b.at);
}

function eventOf({ what, stream: number, everywhere, force, days, message }: Step, at: number, id: string): LogEvent {
  const stream = `list-${number}`;
  const scope = everywhere ? '*' : stream;
  const until = days % 3 === 0 ? {} : { until: at + days * DAY };
  switch (what) {
    case 'unsubscribed':
      return unsubscribed(at, { id, stream });
    case 'complained':
      return complained(at, { id, stream });
    case 'suppress':
      return suppress(at, { id, scope, by: `by ${days}`, ...(days % 2 === 0 ? { note: `said ${days}` } : {}), ...until });
    case 'release':
      return release(at, { id, scope, force });
    case 'allow':
      return allow(at, { id, scope, ...until });
    case 'disallow':
      return disallow(at, { id, scope });
    case 'amend': {
      const end = days % 4 === 0 ? {} : { until: days % 7 === 0 ? null : at + days * DAY };
      const note = days % 4 === 0 || days % 5 === 0 ? { note: days % 8 === 0 ? '' : `note ${days}` } : {};
      const reason = REASONS[stream.length + days];
      return amend(at, { id, scope, force, ...end, ...note, ...(reason === undefined ? {} : { reason }) });
    }
    case 'delivered':
      return delivered(at, { id, stream, message });
    case 'engaged':
      return engaged(ENGAGEMENT_KINDS[days % ENGAGEMENT_KINDS.length] as EngagementKind, at, { id, stream, message });
    case 'bounced':
      return bounced(at, { id, stream, message });
    case 'refused':
      return bounced(at, { id, stream, message, reply: 'recipient_refused' });
    case 'gaveUp':
      return gaveUp(at, { id, stream, message });
    case 'deferred':
      return deferred(at, { id, stream, message });
    default:
      what satisfies never;
      return deferred(at, { id });
  }
}

const PER_STREAM: Policy = { ...DEFAULT_POLICY, suppression: { ...DEFAULT_POLICY.suppression, complaintScope: 'stream' } };
const POLICIES: readonly [string, Policy][] = [
  ['all streams', DEFAULT_POLICY],
  ['their own stream', PER_STREAM],
];

describe.each(POLICIES)('what holds, when complaints concern %s', { timeout: 60_000 + 2_000 * RUNS }, (_, policy) => {
  const storeEvery = fc.integer({ min: 1, max: 40 });
  const check = (story: fc.Arbitrary<readonly Step[]>, runs = RUNS): void => {
    fc.assert(
      fc.property(story, storeEvery, (steps, every) => expectSame(arrivalsOf(steps), policy, every)),
      { numRuns: runs, endOnFailure: true },
    );
  };

  it('is the same when few streams repeat themselves', () => {
    check(storyOf(3));
  });

  it('... also when an automation suppresses, allows and releases all the time', () => {
    check(storyOf(2, { suppress: 10, allow: 10, disallow: 10, release: 10 }));
  });

  it('... also when it amends them all the time', () => {
    check(storyOf(2, { amend: 20, suppress: 5, complained: 3, bounced: 3 }));
    check(storyOf(3, { amend: 20, deferred: 20, gaveUp: 4, delivered: 0.5 }));
  });

  it('... also when it continues to bounce, and somebody reads all the same', () => {
    check(storyOf(3, { bounced: 20, refused: 10, delivered: 3, engaged: 8 }));
  });

  it('is the same in dozens of streams', () => {
    check(storyOf(60, { release: 3 }));
  });

  it('is the same in more streams than may hold entries of their own', () => {
    check(storyOf(1_000, { unsubscribed: 4, release: 0, deferred: 0, gaveUp: 0, disallow: 0.25 }));
  });

  it('is the same when failures, deliveries and objections come hours late', () => {
    const late = storyOf(40, { release: 0, suppress: 0.5 }, 12 * HOUR).map((steps) =>
      steps.map((step) => (['suppress', 'release', 'allow', 'disallow', 'amend'].includes(step.what) ? { ...step, late: 0 } : step)),
    );
    check(late);
  });
});
