/** What is kept of a recipient's evidence, and what goes first: docs/guarantees.md, "Evidence is bounded". */
import { describe, expect, it } from 'vitest';
import { DEFAULT_POLICY, HOUR, MINUTE } from '../policy/policy.ts';
import type { Policy, TenantPolicy } from '../policy/policy.ts';
import type { Attribution, Category, Verdict } from '@desist/verdicts';
import { run } from './run.ts';
import { newMachine } from './machine.ts';
import { CAP, compact } from './compact.ts';
import type { Fact, FailureFact } from './types.ts';

interface Under {
  readonly deferral?: Partial<Policy['deferral']>;
  readonly giveUp?: Partial<Policy['giveUp']>;
  /** Of `persistent_deferral`. */
  readonly expiry?: readonly (number | null)[];
  /** Hours. */
  readonly renewAfter?: number;
  readonly window?: number;
  /** ... of the stream `bills` only, without which it has the policy of all. */
  readonly bills?: Under;
  /** The partition clock, hours; without it that of the last fact. */
  readonly clock?: number;
}

function policyOf({ deferral, giveUp, expiry, renewAfter = 48, window = 6 }: Under): Policy {
  return {
    ...DEFAULT_POLICY,
    deferral: { ...DEFAULT_POLICY.deferral, ...deferral },
    giveUp: { ...DEFAULT_POLICY.giveUp, ...giveUp },
    greylisting: { ...DEFAULT_POLICY.greylisting, renewAfter: renewAfter * HOUR },
    // Without probation: what it needs to be kept has tests of its own.
    suppression: { ...DEFAULT_POLICY.suppression, probation: 0, ...(expiry === undefined ? {} : { expiry }) },
    contrast: { ...DEFAULT_POLICY.contrast, window: window * HOUR },
  };
}

/** Counted failures go on counting: as long as there are few enough of them for no suppression. */
const PATIENT: Under = { deferral: { suppressFailures: 10_000 } };

function kept(facts: readonly Fact[], under: Under = {}): readonly Fact[] {
  const streams = under.bills === undefined ? [] : ([['bills', policyOf(under.bills)]] as const);
  const policies: TenantPolicy = { base: policyOf(under), streams: new Map(streams) };
  const clock = under.clock === undefined ? (facts.at(-1)?.at ?? 0) : under.clock * HOUR;
  return compact(facts, policies, (shown, observer, emit) => {
    run(
      shown,
      clock,
      newMachine((stream) => policies.streams.get(stream) ?? policies.base, emit, observer),
    );
  });
}

interface Failing {
  readonly type?: FailureFact['type'];
  readonly category?: Category;
  readonly attribution?: Attribution;
  readonly permanence?: Verdict['permanence'];
  readonly stream?: string;
  readonly message?: string | null;
  readonly provider?: string | null;
  /** What its window answered. */
  readonly passes?: boolean;
  readonly merged?: number;
  readonly rule?: string;
  readonly incident?: string;
  readonly causeUnknown?: boolean;
}

function failed(hours: number, of: Failing = {}): FailureFact {
  const { type = 'deferred', category = 'mailbox_full', attribution = 'recipient', permanence = 'temporary', stream = 'news' } = of;
  const { rule = 'r', causeUnknown = false, incident } = of;
  const at = Math.round(hours * HOUR);
  return {
    kind: 'failure',
    type,
    at,
    id: `f${at}`,
    stream,
    message: of.message === undefined ? 'm' : of.message,
    classified: { verdict: { category, attribution, permanence, rule }, reply: null, provider: of.provider ?? null },
    causeUnknown,
    merged: of.merged ?? 0,
    ...(of.passes === undefined ? {} : { baseline: { closesAt: 0, passes: of.passes, deliveries: 40, failing: 0 } }),
    ...(incident === undefined ? {} : { incident }),
  };
}
const bounce = (hours: number, of: Failing = {}): FailureFact =>
  failed(hours, { type: 'bounced', category: 'user_unknown', permanence: 'permanent', ...of });
const delivered = (hours: number, message: string | null = null, stream = 'news'): Fact => {
  const at = Math.round(hours * HOUR);
  return { kind: 'delivered', at, id: `d${at} ${stream}`, stream, message };
};
const objected = (hours: number, kind: 'complained' | 'unsubscribed' = 'complained'): Fact => {
  return { kind, at: hours * HOUR, id: `o${hours}`, stream: 'news' };
};
type CommandKind = 'suppress' | 'release' | 'allow' | 'disallow';
const asked = (hours: number, kind: CommandKind, scope = '*', until?: number): Fact => {
  const expiresAt = until === undefined ? null : until * HOUR;
  return { kind, at: Math.round(hours * HOUR), id: `c${hours}`, scope, expiresAt, force: false, by: null };
};

const series = <T>(count: number, one: (index: number) => T): readonly T[] => Array.from({ length: count }, (_, index) => one(index));
/** A failure a minute. */
const minutely = (count: number, of: (index: number) => Failing = () => ({})) =>
  series(count, (index) => failed(index / 60, { message: null, ...of(index) }));
const minutes = (facts: readonly Fact[]): readonly number[] => facts.map(({ at }) => at / MINUTE);
const merged = (facts: readonly Fact[]): readonly number[] => facts.map((fact) => (fact.kind === 'failure' ? fact.merged : -1));
const hours = (facts: readonly Fact[]): readonly number[] => facts.map(({ at }) => at / HOUR);
/** How many failures the facts stand for. */
const total = (facts: readonly Fact[]): number => facts.reduce((sum, fact) => sum + (fact.kind === 'failure' ? 1 + fact.merged : 0), 0);

describe('what a delivery voids', () => {
  it('is dropped: failures, and earlier deliveries that nothing depends on', () => {
    const messages = ['a', 'b', 'c', 'd'];
    const before = messages.map((message, index) => delivered(index, message));
    const expired = failed(5, { type: 'expired' });
    const facts = [...before, failed(4, { message: null }), expired, failed(6, { type: 'bounced' }), delivered(8, 'e'), failed(9)];
    expect(hours(kept(facts))).toEqual([3, 8, 9]);
  });

  it('is nothing if nothing comes before the delivery or there is none: the list stays the same object', () => {
    for (const facts of [[], [failed(0), failed(1)], [delivered(0), failed(1)], [delivered(0, 'a'), delivered(1, 'b'), failed(2)]])
      expect(kept(facts)).toBe(facts);
  });

  it('does not include objections and commands', () => {
    const facts = [
      objected(0),
      objected(1, 'unsubscribed'),
      asked(2, 'suppress'),
      asked(3, 'release'),
      failed(4, { message: null }),
      delivered(5),
    ];
    expect(hours(kept(facts))).toEqual([0, 1, 2, 3, 5]);
  });

  it('does not include the latest deferral of each of the 16 latest messages: an `expired` may take its cause from it', () => {
    const facts = [
      ...series(20, (index) => failed(index, { message: `m${index}` })),
      failed(20, { message: 'm19' }),
      failed(21, { message: null }),
      failed(22, { type: 'expired', message: 'm18' }),
      delivered(30),
    ];
    expect(hours(kept(facts))).toEqual([4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 20, 30]);
  });

  it('does not include the latest deliveries of two messages for each stream: a late hard bounce depends on them', () => {
    const facts = [
      ...[delivered(0, 'x', 'bills'), delivered(1, 'y', 'bills'), delivered(2, 'z', 'bills')],
      ...[delivered(3, 'a'), delivered(4, 'b'), delivered(5, 'c'), delivered(6, 'c'), delivered(7, 'c')],
    ];
    expect(hours(kept(facts))).toEqual([1, 2, 4, 7]);
  });

  it('... of at most eight streams, the latest', () => {
    const facts = series(10, (index) => delivered(index, 'a', `s${index}`));
    expect(hours(kept(facts))).toEqual([2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('does not include permanent bounces, nor the first delivery that ended each, of any stream and of its own stream', () => {
    const facts = [
      bounce(0, { message: 'a', stream: 'news' }),
      delivered(1, 'a'),
      delivered(2, 'b', 'bills'),
      delivered(3, 'c', 'bills'),
      delivered(4, 'a'),
      delivered(5, 'd'),
      ...series(6, (index) => delivered(10 + index, `n${index}`)),
    ];
    // 1 and 4 are of the message that bounced: they end nothing. 14 and 15 are the stream's latest, 2 and 3 those of the other.
    expect(hours(kept(facts))).toEqual([0, 2, 3, 5, 14, 15]);
  });

  it('... whether or not the delivery has a message; only deliveries after the bounce', () => {
    const facts = [
      delivered(0, 'z'),
      bounce(1, { message: null }),
      ...[2, 3, 4, 5].map((at) => delivered(at)),
      delivered(6, 'b'),
      delivered(7, 'c'),
    ];
    expect(hours(kept(facts))).toEqual([1, 2, 6, 7]);
  });

  it('includes deliveries that only other failures would need', () => {
    const facts = [failed(0, { message: null }), ...['a', 'b', 'c', 'd'].map((message, index) => delivered(1 + index, message))];
    expect(hours(kept(facts))).toEqual([3, 4]);
  });

  it('a temporary bounce or a permanent deferral is no permanent bounce', () => {
    const facts = [bounce(0, { permanence: 'temporary' }), failed(1, { permanence: 'permanent', message: null }), delivered(2)];
    expect(hours(kept(facts))).toEqual([2]);
  });
});

describe('up to the bound', () => {
  it(`of ${CAP} facts nothing is dropped`, () => {
    expect(CAP).toBe(96);
    const facts = series(CAP, (index) => failed(index / 60));
    expect(kept(facts)).toBe(facts);
    expect(kept(series(CAP, (index) => objected(index)))).toHaveLength(CAP);
  });
});

describe('deferrals above it', () => {
  it('are merged between the first and the last of each six hours: their number is kept', () => {
    const facts = series(CAP + 1, (index) => failed((index * 6) / 50));
    const compacted = kept(facts);
    expect(hours(compacted)).toEqual([0, 5.88, 6, 11.52]);
    expect(merged(compacted)).toEqual([0, 48, 0, 45]);
    expect(total(compacted)).toBe(CAP + 1);
  });

  it('are merged within twelve hours, then within a day, when that is not enough', () => {
    const every = (step: number) => series(150, (index) => failed(index * step));
    // Four a bucket of six hours: two are left of each, of 38 such buckets.
    expect(hours(kept(every(1.5), PATIENT)).slice(0, 6)).toEqual([0, 4.5, 6, 10.5, 12, 16.5]);
    expect(hours(kept(every(3), PATIENT)).slice(0, 6)).toEqual([0, 9, 12, 21, 24, 33]);
    expect(hours(kept(every(6), PATIENT)).slice(0, 6)).toEqual([0, 18, 24, 42, 48, 66]);
    for (const step of [1.5, 3, 6]) expect(total(kept(every(step), PATIENT))).toBe(150);
  });

  it('are merged no further than necessary', () => {
    // Two in each bucket of six hours, and one more in the first.
    const facts = [failed(0), failed(1), ...series(CAP - 1, (index) => failed(3 + index * 3))];
    expect(hours(kept(facts, PATIENT))).toEqual([0, ...hours(facts).slice(2)]);
  });

  it('that were merged before count for what they stand for', () => {
    const facts = series(CAP + 1, (index) => failed(index / 60, { merged: index % 3 }));
    expect(total(kept(facts))).toBe(total(facts));
  });

  it.each<[string, (index: number) => Failing]>([
    ['categories', (index) => ({ category: index % 2 === 0 ? 'mailbox_full' : 'mailbox_unavailable' })],
    ['streams', (index) => ({ stream: index % 2 === 0 ? 'news' : 'bills' })],
    ['providers, while their windows are open', (index) => ({ attribution: 'system', provider: index % 2 === 0 ? 'a' : 'b' })],
    ['providers, one of which is not known', (index) => ({ attribution: 'system', provider: index % 2 === 0 ? 'a' : null })],
  ])('of different %s are not merged with each other', (_, of) => {
    const compacted = kept(minutely(100, of));
    expect(minutes(compacted)).toEqual([0, 1, 98, 99]);
    expect(merged(compacted)).toEqual([0, 0, 48, 48]);
  });

  it('with different window answers or roles are not merged with each other; with the same answer they are', () => {
    const busy = (passes: (index: number) => boolean) =>
      minutely(100, (index) => ({ attribution: 'system', provider: index % 2 === 0 ? 'a' : 'b', passes: passes(index) }));
    expect(minutes(kept(busy((index) => index % 2 === 0)))).toEqual([0, 1, 98, 99]);
    expect(minutes(kept(busy(() => true)))).toEqual([0, 99]);
    expect(minutes(kept(busy(() => false)))).toEqual([0, 99]);
    // Both count, one with an answer of its window and the other without being asked.
    expect(minutes(kept(minutely(100, (index) => (index % 2 === 0 ? {} : { attribution: 'system', passes: true }))))).toEqual([
      0, 1, 98, 99,
    ]);
    // Neither has an answer; one never counts.
    expect(minutes(kept(minutely(100, (index) => (index % 2 === 0 ? {} : { attribution: 'sender' }))))).toEqual([0, 1, 98, 99]);
  });

  it('of different windows are not merged with each other while the windows are open', () => {
    const around = (of: Failing) => series(120, (index) => failed(3 + index / 60, { message: null, ...of }));
    // Ahead of the clock: neither window has closed.
    const ahead = { window: 2, clock: 3 };
    expect(minutes(kept(around({ attribution: 'system' }), ahead))).toEqual([180, 239, 240, 299]);
    // The first has closed, and nothing was known of it.
    expect(minutes(kept(around({ attribution: 'system' }), { window: 2, clock: 4.99 }))).toEqual([180, 239, 240, 299]);
    // The recipient's own failures ask no window, and an answer that is there is asked for nothing more.
    expect(minutes(kept(around({}), ahead))).toEqual([180, 299]);
    expect(minutes(kept(around({ attribution: 'system', passes: true }), { window: 2 }))).toEqual([180, 299]);
  });

  it('that an incident excludes are merged only with others of the same incident', () => {
    const facts = minutely(120, (index) => (index < 40 || index >= 80 ? {} : { incident: index < 60 ? 'one' : 'two' }));
    const compacted = kept(facts);
    expect(minutes(compacted)).toEqual([0, 40, 59, 60, 79, 119]);
    expect(merged(compacted)).toEqual([0, 0, 18, 0, 18, 78]);
    expect(compacted.map((fact) => (fact as FailureFact).incident)).toEqual([undefined, 'one', 'one', 'two', 'two', undefined]);
    // What never counts is still another thing than what is excluded, when neither has an answer.
    expect(minutes(kept(minutely(100, (index) => ({ attribution: 'sender', ...(index % 2 === 0 ? { incident: 'one' } : {}) }))))).toEqual([
      0, 1, 98, 99,
    ]);
  });

  it('are not merged across a fact that voids evidence: the first one after a release begins a streak', () => {
    const all = [...minutely(60), asked(0.9999, 'release'), ...series(60, (index) => failed(1 + index / 60, { message: null }))];
    expect(kept(all).map(({ id }) => id)).toEqual(['f0', `f${59 * MINUTE}`, 'c0.9999', `f${HOUR}`, `f${119 * MINUTE}`]);
  });

  it('... nor across one that had only greylisting to void', () => {
    const grey = (index: number) => failed(index / 60, { category: 'greylisting', attribution: 'greylisting', message: null });
    const facts = [...series(60, grey), asked(0.9999, 'release'), ...series(60, (index) => grey(60 + index))];
    expect(minutes(kept(facts)).map(Math.round)).toEqual([0, 59, 60, 60, 119]);
  });

  it('... but they are merged across a command for one stream, and across one that voids nothing', () => {
    for (const between of [asked(0.9999, 'release', 'news'), asked(0.9999, 'allow'), objected(1, 'unsubscribed')]) {
      const facts = [...minutely(60), between, ...series(60, (index) => failed(1.001 + index / 60, { message: null }))];
      expect(kept(facts).map(({ id }) => id)).toEqual(['f0', between.id, facts.at(-1)?.id]);
    }
  });

  it('... nor across the expiry of a suppression', () => {
    // Suppressed by the first half an hour for 20 minutes, then by another half an hour until released.
    const facts = series(240, (index) => failed(index / 120, { message: null }));
    const under: Under = {
      deferral: { suppressAfter: 30 * MINUTE, evidenceSpan: 15 * MINUTE, atRiskBefore: 0 },
      expiry: [20 * MINUTE, null],
    };
    const compacted = kept(facts, under);
    expect(minutes(compacted)).toEqual([0, 15, 30, 50.5, 65.5, 80.5, 112, 119.5]);
    expect(merged(compacted)).toEqual([0, 29, 29, 0, 29, 29, 0, 14]);
  });

  it('... nor across a lapse', () => {
    const facts = [...minutely(60), ...series(60, (index) => failed(4.5 + index / 60, { message: null }))];
    expect(minutes(kept(facts, { deferral: { largestGap: 3 * HOUR, suppressFailures: 10_000 } }))).toHaveLength(CAP);
    const gap = { deferral: { largestGap: 12 * HOUR }, window: 12 };
    const days = [...series(60, (index) => failed(24 + index / 60)), ...series(60, (index) => failed(46 + index / 60))];
    expect(hours(kept(days, gap)).map((at) => Math.round(at * 60) / 60)).toEqual(
      [24, 24 + 59 / 60, 46, 46 + 59 / 60].map((at) => Math.round(at * 60) / 60),
    );
  });

  it.each<[string, Under]>([
    ['the largest gap', { deferral: { ...PATIENT.deferral, largestGap: 13 * HOUR } }],
    ['the renewal of greylisting', { ...PATIENT, renewAfter: 13 }],
    ["a stream's largest gap", { ...PATIENT, bills: { deferral: { largestGap: 13 * HOUR } } }],
  ])('are merged of no longer a bucket than %s', (_, under) => {
    // One of 24 h would keep two of four.
    const facts = series(150, (index) => failed(index * 6));
    const compacted = kept(facts, under);
    expect(compacted).toHaveLength(CAP);
    const gaps = hours(compacted).map((at, index, all) => at - (all[index - 1] ?? 0));
    expect(Math.max(...gaps.slice(-90))).toBeLessThanOrEqual(13);
    // Of just the gap they are.
    expect(kept(facts, { ...PATIENT, renewAfter: 24 })).toHaveLength(76);
  });

  it('keep the latest deferral of each message, and a merged one before it stays with it', () => {
    const facts = series(100, (index) => failed(index / 60, { message: index === 40 ? 'other' : 'm' }));
    const compacted = kept(facts);
    expect(minutes(compacted)).toEqual([0, 40, 99]);
    expect(merged(compacted)).toEqual([0, 39, 58]);
  });

  it('keep the one that a kept `expired` took its verdict from, even if there is a later one', () => {
    const others = [
      failed(40.25 / 60, { type: 'expired', message: 'x' }),
      failed(40.5 / 60, { type: 'expired', message: 'x', causeUnknown: true }),
      failed(41.5 / 60, { type: 'expired', message: null, causeUnknown: true }),
      failed(42.5 / 60, { type: 'expired', message: 'none', causeUnknown: true }),
    ];
    const messages: Record<number, string> = { 10: 'x', 30: 'x', 40: 'x', 60: 'x' };
    const facts = [...minutely(100, (index) => ({ message: messages[index] ?? null })), ...others].toSorted((a, b) => a.at - b.at);
    expect(minutes(kept(facts))).toEqual([0, 40, 40.25, 40.5, 41.5, 42.5, 60, 99]);
  });

  it('keep the first of a streak that is long enough to suppress, under the policy of the stream that began it', () => {
    const span = (at: number): Under => ({ deferral: { evidenceSpan: at * MINUTE } });
    expect(minutes(kept(minutely(100), span(45)))).toEqual([0, 45, 99]);
    expect(minutes(kept(minutely(100), span(44.5)))).toEqual([0, 45, 99]);
    const facts = minutely(100, (index) => ({ stream: index === 0 ? 'bills' : 'news' }));
    expect(minutes(kept(facts, { ...span(45), bills: span(70) }))).toEqual([0, 1, 70, 99]);
  });

  it('keep the first give-ups of different messages, as many as suppress, and the first one that is late enough to complete the span', () => {
    const permanent = (message: (index: number) => string | null) =>
      minutely(150, (index) => ({ category: 'unknown', attribution: 'recipient', rule: 'no_reply_permanent', message: message(index) }));
    const under: Under = { ...PATIENT, giveUp: { span: 100 * MINUTE } };
    // Suppressed from the hundredth on: the last 16 are kept of those, and merged.
    const unnamed = kept(
      permanent(() => null),
      under,
    );
    expect(minutes(unnamed)).toEqual([0, 1, 2, 98, 99, 100, 134, 149]);
    expect(merged(unnamed)).toEqual([0, 0, 0, 95, 0, 0, 0, 14]);
    // The first of each message, and the latest, which stays anyway.
    const named = kept(
      permanent((index) => `m${Math.floor(index / 10)}`),
      under,
    );
    const both = series(10, (index) => [index * 10, index * 10 + 9]).flat();
    expect(minutes(named)).toEqual([...both, 100, 109, 119, 129, 139, 149]);
    // At most sixteen, whatever the policy asks for.
    const many = kept(
      permanent(() => null),
      { ...PATIENT, giveUp: { messages: 200, span: 50 * MINUTE } },
    );
    expect(minutes(many)).toEqual([...series(16, (index) => index), 50, ...series(16, (index) => 134 + index)]);
    const messages = kept(
      permanent((index) => `m${Math.floor(index / 5)}`),
      { ...PATIENT, giveUp: { span: 200 * HOUR } },
    );
    const firsts = series(16, (index) => index * 5);
    const latest = series(16, (index) => 74 + index * 5);
    // ... and the first give-ups of the last messages, which are remembered longest.
    expect(minutes(messages)).toEqual([...firsts, ...latest, 135, 140, 145].toSorted((a, b) => a - b));
  });

  it('keep the first give-ups again after a release, but not after a lapse: give-ups are remembered across it', () => {
    const half = (from: number, message: (index: number) => string | null) =>
      series(60, (index) => failed(from + index / 60, { rule: 'no_reply_permanent', message: message(index) }));
    const under: Under = { deferral: { suppressFailures: 10_000, largestGap: 12 * HOUR }, giveUp: { span: 200 * HOUR } };
    const at = (facts: readonly Fact[], of: Under) =>
      kept(facts, of)
        .filter(({ kind }) => kind === 'failure')
        .map((fact) => Math.round(fact.at / MINUTE));
    const lapsed = [...half(24, () => null), ...half(46, () => null)];
    const begin = 24 * 60;
    const again = 46 * 60;
    const few = { ...under, giveUp: { ...under.giveUp, messages: 200 } };
    const first16 = series(16, (index) => begin + index);
    expect(at(lapsed, few)).toEqual([...first16, begin + 59, again, ...series(16, (index) => again + 44 + index)]);
    const six = (index: number) => `m${Math.floor(index / 10)}`;
    const released = [...half(0, six), asked(0.9999, 'release'), ...half(1, six)];
    const firsts = series(6, (index) => index * 10);
    const both = series(6, (index) => [60 + index * 10, 69 + index * 10]).flat();
    expect(at(released, few)).toEqual([...firsts, 59, ...both]);
  });

  it('keep the first give-up of a message: a later one of it would suppress in its place', () => {
    const facts = minutely(150, (index) => ({ rule: 'no_reply_permanent', message: `m${Math.min(10, Math.floor(index / 10))}` }));
    // The eleventh message is the first with the span; the tenth is said again when it would have had it.
    const policy = policyOf({ ...PATIENT, giveUp: { span: 95 * MINUTE } });
    const since = (of: readonly Fact[]): number | undefined => {
      const machine = newMachine(
        () => policy,
        () => undefined,
      );
      run(of, facts.at(-1)?.at ?? 0, machine);
      return machine.suppressions[0]?.since;
    };
    expect(since(facts)).toBe(100 * MINUTE);
    const compacted = kept(facts, { ...PATIENT, giveUp: { span: 95 * MINUTE } });
    expect(compacted.length).toBeLessThan(50);
    expect(since(compacted)).toBe(100 * MINUTE);
  });

  it('are the only facts that are merged: give-ups and facts that are no failures stay', () => {
    const others = [objected(1), failed(2, { type: 'expired' }), failed(3, { type: 'bounced' }), asked(4, 'allow')];
    const facts = [...series(100, (index) => failed(index / 200)), ...others];
    expect(hours(kept(facts))).toEqual([0, 0.495, 1, 2, 3, 4]);
  });

  it('that came while suppressed are not merged with those that came before', () => {
    const facts = [...minutely(90), asked(89.5 / 60, 'suppress'), ...minutely(100).slice(90)];
    expect(minutes(kept(facts))).toEqual([0, 89, 89.5, 90, 99]);
  });
});

describe('above the bound are dropped first', () => {
  const daily = (count: number) => series(count, (index) => failed(index * 24, { message: null }));

  it('failures that came while suppressed, except the last 16', () => {
    const facts = [...daily(20), asked(20 * 24 - 1, 'suppress'), ...daily(130).slice(20)];
    expect(kept(facts, PATIENT)).toEqual([...facts.slice(0, 21), ...facts.slice(-16)]);
  });

  it('... including a suppression by counted failures', () => {
    // Three days bring it about; it lasts 30 days, to the end of the 34th failure's moment, and the streak after that brings about the next, which lasts longer.
    const facts = daily(100);
    const compacted = kept(facts);
    expect(hours(compacted).map((at) => at / 24)).toEqual([0, 1, 2, 3, 34, 35, 36, 37, ...series(16, (index) => 84 + index)]);
  });

  it('... but no hard bounces', () => {
    const facts = [failed(1), ...series(110, (index) => bounce(2 + index * 24, { type: index % 10 === 0 ? 'bounced' : 'expired' }))];
    const idle = facts.slice(2).filter((fact) => (fact as FailureFact).type === 'expired');
    const hard = facts.filter((fact) => (fact as FailureFact).type === 'bounced');
    const expected = [facts[0] as Fact, ...hard, ...idle.slice(-16)];
    expect(kept(facts)).toEqual(expected.toSorted((a, b) => a.at - b.at));
  });

  it('... no latest deferral of a message', () => {
    const facts = [asked(0, 'suppress'), ...series(100, (index) => failed(1 + index * 24, { message: index === 7 ? 'x' : null }))];
    expect(kept(facts)).toEqual([facts[0], facts[8], ...facts.slice(-16)]);
  });

  it('... no greylisting, unless the end of the suppression voids it: it decides when the next one is overdue', () => {
    // Each is the first one for longer than makes the window anew; what is suppressed can only be late greylisting.
    const grey = series(60, (index) => [
      failed(1 + index * 72, { category: 'greylisting', attribution: 'greylisting', message: null }),
      failed(1 + index * 72 + 5, { category: 'greylisting', attribution: 'greylisting', message: null }),
    ]).flat();
    expect(kept([asked(0, 'suppress'), ...grey], { clock: 60 * 72 })).toHaveLength(1 + CAP);
    const late = grey.filter((_, index) => index % 2 === 1).slice(-16);
    const first = grey.filter((_, index) => index % 2 === 0);
    const others = new Set<Fact>([...late, ...first]);
    const voided = kept([bounce(0, { message: 'b' }), ...grey]);
    expect(voided.slice(1)).toEqual(grey.filter((fact) => others.has(fact)));
  });

  it('... no greylisting once such a suppression was released', () => {
    const grey = series(CAP + 1, (index) => failed(1 + index * 12, { category: 'greylisting', attribution: 'greylisting', message: null }));
    const facts = [bounce(0, { message: 'b' }), asked(0.5, 'release'), ...grey];
    const left = kept(facts);
    // From between two others: not the oldest.
    expect(left).toEqual(facts.filter((_, index) => index !== 3));
  });

  it('... no greylisting from before it whose window closes after it', () => {
    const grey = [0, 5].map((at) => failed(at, { category: 'greylisting', attribution: 'greylisting', message: null }));
    const others = series(CAP - 1, (index) => failed(7 + index * 24, { attribution: 'sender', message: null }));
    const facts = [...grey, bounce(5.5, { message: 'b' }), ...others];
    expect(kept(facts)).toEqual(facts.filter((_, index) => index !== 3));
  });

  it('... nothing that is no failure', () => {
    const others = [asked(1, 'allow'), objected(2), asked(3, 'disallow')];
    const facts = [...others, ...series(100, (index) => failed(4 + index * 24))];
    expect(kept(facts)).toEqual([...others, ...facts.slice(-16)]);
  });
});

describe('when nothing more can be merged are dropped', () => {
  const every = (step: number, count: number, of: (index: number) => Failing = () => ({})) =>
    series(count, (index) => failed(index * step, { message: null, ...of(index) }));
  const dropped = (facts: readonly Fact[], under: Under = PATIENT): readonly number[] => {
    const left = new Set(kept(facts, under).map(({ id }) => id));
    return facts.flatMap(({ id }, index) => (left.has(id) ? [] : [index]));
  };

  it('first the oldest facts that count for nothing', () => {
    const nothing: readonly Failing[] = [
      { attribution: 'sender' },
      { attribution: 'message' },
      { attribution: 'local' },
      { attribution: 'system', passes: false },
      { attribution: 'system' },
      { incident: 'one' },
      { attribution: 'greylisting', incident: 'one' },
      { attribution: 'sender' },
    ];
    const facts = every(24, CAP + 7, (index) => nothing[index - 50] ?? {});
    expect(dropped(facts)).toEqual([50, 51, 52, 53, 54, 55, 56]);
  });

  it('... not an `expired` that is greylisting by the cause that it takes from its message', () => {
    const expired = (at: number, message: string | null) =>
      failed(at, { type: 'expired', attribution: 'sender', causeUnknown: true, message });
    const grey = (message: string | null) => failed(0, { category: 'greylisting', attribution: 'greylisting', message });
    const others = every(24, CAP)
      .slice(1)
      .map((fact) => ({ ...fact, classified: failed(0, { attribution: 'sender' }).classified }));
    expect(dropped([grey('x'), expired(1, 'x'), expired(2, 'x'), ...others])).toEqual([3, 4]);
    // Without a message there is no cause to take; a reply of its own is its own.
    expect(dropped([grey(null), expired(1, null), ...others])).toEqual([1]);
    expect(dropped([grey('x'), { ...expired(1, 'x'), causeUnknown: false }, ...others])).toEqual([1]);
  });

  it('... including the last 16 that came while suppressed, but no permanent bounces', () => {
    const facts = [...every(24, 90), asked(90 * 24 - 1, 'suppress'), ...every(24, 106).slice(90)];
    expect(dropped(facts)).toEqual(series(10, (index) => 91 + index));
    const bounces = every(24, CAP + 1, (index) =>
      index === 5 ? { type: 'bounced', permanence: 'permanent', category: 'user_unknown' } : {},
    );
    expect(dropped(bounces)).toEqual([]);
  });

  it('... not what an `expired` may take its cause from', () => {
    const facts = every(24, CAP + 2, (index) => (index < 50 ? { attribution: 'sender', message: index === 1 ? 'x' : null } : {}));
    expect(dropped(facts)).toEqual([0, 2]);
  });

  it('last what counts, may count, or decides when greylisting is overdue', () => {
    const something: readonly Failing[] = [
      { attribution: 'recipient' },
      { attribution: 'unknown', passes: true },
      { attribution: 'greylisting' },
    ];
    const facts = every(24, CAP + 4, (index) => {
      // Its window is open.
      if (index === CAP + 3) return { attribution: 'system' };
      return something[index] ?? { attribution: 'sender' };
    });
    expect(dropped(facts)).toEqual([3, 4, 5, 6]);
  });

  it('then the failure closest to its neighbours: it is merged into the next one, and no gap gets longer than a day', () => {
    const facts = every(12, CAP + 4, (index) => ({
      merged: index === 1 ? 5 : 0,
      category: index % 2 === 0 ? 'mailbox_full' : 'mailbox_unavailable',
    }));
    // 48 h, the fourth, has the span that suppresses.
    const compacted = kept(facts, PATIENT);
    // The first of the second category stays, as the only one that need be.
    expect(dropped(facts)).toEqual([2, 5, 7, 9]);
    expect(merged(compacted).slice(0, 6)).toEqual([0, 5, 1, 0, 1, 1]);
    const tight = [...facts.slice(0, -1), failed(90 * 12 + 1, { message: null })].toSorted((a, b) => a.at - b.at);
    // The one that was an hour before it leaves no more than twelve.
    expect(dropped(tight)).toEqual([2, 5, 7, 91]);
  });

  it('... of past streaks first', () => {
    const past = (count: number) => every(12, count);
    // The last but one leaves the smallest gap of all.
    const running = (count: number) => series(count, (index) => failed(204 + index * 12 - (index === 86 ? 11 : 0), { message: null }));
    expect(dropped([...past(10), ...running(87)])).toEqual([1]);
    expect(dropped([...past(5), ...running(87)].slice(5))).toEqual([]);
    const more = [...past(11), ...running(87)];
    expect(dropped(more)).toEqual([1, 3]);
  });

  it('... and no gap reaches the largest gap of the policy', () => {
    const facts = every(7, CAP + 1);
    const under = (largestGap: number): Under => ({ deferral: { ...PATIENT.deferral, largestGap: largestGap * HOUR } });
    const [one] = dropped(facts, under(14));
    expect(merged(kept(facts, under(14)))[one as number]).toBe(1);
    // Nothing can be merged: the oldest that nothing needs.
    expect(dropped(facts, under(13))).toEqual([1]);
    expect(total(kept(facts, under(13)))).toBe(CAP);
  });

  it('... greylisting only between two others, and only if it does not count', () => {
    const facts = every(12, CAP + 3, () => ({ category: 'greylisting', attribution: 'greylisting' }));
    // Without an answer, the windows that have closed say nothing; the last one is open.
    expect(dropped(facts)).toEqual([1, 3, 5]);
    expect(total(kept(facts))).toBe(CAP);
    const counting = every(12, CAP + 3, () => ({ category: 'greylisting', attribution: 'greylisting', passes: true }));
    // The first is within its window; all others count.
    expect(kept(counting, PATIENT)).toHaveLength(CAP);
    expect(total(kept(counting, PATIENT))).toBe(CAP);
  });

  it('... never across a fact that voids evidence', () => {
    const first = every(12, 6);
    const second = series(CAP - 4, (index) => failed(61 + index * 12, { message: null }));
    expect(dropped([...first, asked(60.5, 'release', '*'), ...second])).toEqual([1, 3]);
    const grey = (at: number) => failed(at, { category: 'greylisting', attribution: 'greylisting', message: null });
    const greylisted = [grey(48), grey(60), asked(60.5, 'release'), ...series(CAP - 1, (index) => grey(61 + index * 12))];
    expect(dropped(greylisted)).toEqual([4]);
  });

  it('... never a failure that waits for its window', () => {
    const waiting = (of: Failing) => [...every(12, CAP, () => of), failed((CAP - 1) * 12 + 1, { ...of, message: null })];
    expect(dropped(waiting({ category: 'greylisting', attribution: 'greylisting' }))).toEqual([1]);
    const system = waiting({}).map((fact, index) =>
      index < CAP - 1 ? fact : failed(fact.at / HOUR, { attribution: 'system', message: null }),
    );
    expect(dropped(system)).toEqual([1]);
  });

  it('... never a needed one or a give-up', () => {
    // The one at 48 h has the span that suppresses, and the closest neighbours.
    const needed = every(12, CAP + 1).map((fact, index) => (index === 3 ? failed(46, { message: null }) : fact));
    expect(dropped(needed)).toEqual([1]);
    // Of four give-ups the fourth is not needed.
    const givenUp = every(12, CAP + 1, (index) => (index >= 20 && index < 24 ? { type: 'expired' } : {}));
    const close = givenUp.map((fact, index) => (index === 24 ? failed(283, { message: null }) : fact));
    expect(dropped(close, { ...PATIENT, giveUp: { span: 10_000 * HOUR } })).toEqual([1]);
  });

  it('then the oldest failures that nothing depends on', () => {
    // 48 h has the span that suppresses, and the last is the latest of its message.
    expect(dropped(every(24, CAP + 4))).toEqual([1, 3, 4, 5]);
  });

  it('last the oldest of the others', () => {
    // One a day, of a message each: causes that an `expired` may ask for, and the beginnings of streaks that have lapsed.
    const facts = series(CAP + 3, (index) => failed(index * 72, { message: index < CAP - 12 ? null : `m${index}` }));
    expect(dropped(facts)).toEqual([0, 1, 2]);
  });

  it('never hard bounces, objections, commands and deliveries', () => {
    const full = bounce(1, { message: 'b', category: 'mailbox_disabled', attribution: 'sender' });
    const others = [delivered(0), full, objected(2, 'unsubscribed'), asked(3, 'suppress', 'news')];
    const facts = [...others, ...every(24, CAP + 5).slice(1)];
    // 24 h is the beginning, and 72 h the first with the span.
    expect(dropped(facts)).toEqual([5, 7, 8, 9]);
  });
});
