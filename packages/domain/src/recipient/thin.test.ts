/** What is kept of a recipient's evidence, and what goes first: docs/guarantees.md, "Evidence is bounded". */
import { describe, expect, it } from 'vitest';
import { HOUR, MINUTE } from '../policy/policy.ts';
import type { Attribution, Category, Verdict } from '../verdict/index.ts';
import { CAP, thin } from './thin.ts';
import type { Fact, FailureFact } from './types.ts';

const WINDOW = 6 * HOUR;

interface Failing {
  readonly type?: FailureFact['type'];
  readonly category?: Category;
  readonly attribution?: Attribution;
  readonly permanence?: Verdict['permanence'];
  readonly stream?: string;
  readonly message?: string | null;
  readonly provider?: string | null;
  /** What its window answered. */
  readonly holds?: boolean;
  readonly merged?: number;
}

function failed(hours: number, of: Failing = {}): FailureFact {
  const { type = 'deferred', category = 'mailbox_full', attribution = 'recipient', permanence = 'temporary', stream = 'news' } = of;
  const at = Math.round(hours * HOUR);
  return {
    kind: 'failure',
    type,
    at,
    id: `f${at}`,
    stream,
    message: of.message === undefined ? 'm' : of.message,
    judged: { verdict: { category, attribution, permanence, rule: 'r' }, reply: null, provider: of.provider ?? null },
    causeUnknown: false,
    merged: of.merged ?? 0,
    ...(of.holds === undefined ? {} : { contrast: { closesAt: 0, holds: of.holds, deliveries: 40, failing: 0 } }),
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
const asked = (hours: number, kind: 'suppress' | 'release' | 'allow' | 'disallow'): Fact => {
  return { kind, at: hours * HOUR, id: `c${hours}`, scope: '*', expiresAt: null, force: false, by: null };
};

const series = <T>(count: number, one: (index: number) => T): readonly T[] => Array.from({ length: count }, (_, index) => one(index));
const kept = (facts: readonly Fact[], blockedSince: number | null = null): readonly Fact[] => thin(facts, WINDOW, blockedSince);
const hours = (facts: readonly Fact[]): readonly number[] => facts.map(({ at }) => at / HOUR);
/** How many failures the facts stand for. */
const total = (facts: readonly Fact[]): number => facts.reduce((sum, fact) => sum + (fact.kind === 'failure' ? 1 + fact.merged : 0), 0);

describe('what a delivery has voided', () => {
  it('goes: failures, and deliveries before it that answer nothing', () => {
    const messages = ['a', 'b', 'c', 'd'];
    const before = messages.map((message, index) => delivered(index, message));
    const expired = failed(5, { type: 'expired' });
    const facts = [...before, failed(4, { message: null }), expired, failed(6, { type: 'bounced' }), delivered(8, 'e'), failed(9)];
    expect(hours(kept(facts))).toEqual([3, 8, 9]);
  });

  it('is nothing when nothing comes before the delivery, or nothing is delivered: the same list', () => {
    for (const facts of [[], [failed(0), failed(1)], [delivered(0), failed(1)], [delivered(0, 'a'), delivered(1, 'b'), failed(2)]])
      expect(kept(facts)).toBe(facts);
  });

  it('leaves objections and commands', () => {
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

  it('leaves the latest deferral of each message, of the 16 latest messages: an `expired` may ask for its cause', () => {
    const facts = [
      ...series(20, (index) => failed(index, { message: `m${index}` })),
      failed(20, { message: 'm19' }),
      failed(21, { message: null }),
      failed(22, { type: 'expired', message: 'm18' }),
      delivered(30),
    ];
    expect(hours(kept(facts))).toEqual([4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 20, 30]);
  });

  it('leaves the latest deliveries of two messages in each stream: a late hard bounce asks whether another was delivered since', () => {
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

  it('leaves permanent bounces, and the first delivery that ended each, of any stream and of its own', () => {
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

  it('... by a delivery without a message too, and after it only', () => {
    const facts = [
      delivered(0, 'z'),
      bounce(1, { message: null }),
      ...[2, 3, 4, 5].map((at) => delivered(at)),
      delivered(6, 'b'),
      delivered(7, 'c'),
    ];
    expect(hours(kept(facts))).toEqual([1, 2, 6, 7]);
  });

  it('a temporary bounce or a permanent deferral is no permanent bounce', () => {
    const facts = [bounce(0, { permanence: 'temporary' }), failed(1, { permanence: 'permanent', message: null }), delivered(2)];
    expect(hours(kept(facts))).toEqual([2]);
  });
});

describe('up to the bound', () => {
  it(`of ${CAP} facts nothing goes`, () => {
    expect(CAP).toBe(96);
    const facts = series(CAP, (index) => failed(index / 60));
    expect(kept(facts)).toBe(facts);
    expect(kept(series(CAP, (index) => objected(index)))).toHaveLength(CAP);
  });
});

describe('deferrals above it', () => {
  it('are merged between the first and the last of six hours: their number is kept', () => {
    const facts = series(CAP + 1, (index) => failed((index * 6) / 50));
    const thinned = kept(facts);
    expect(hours(thinned)).toEqual([0, 5.88, 6, 11.52]);
    expect(thinned.map((fact) => (fact as FailureFact).merged)).toEqual([0, 48, 0, 45]);
    expect(total(thinned)).toBe(CAP + 1);
  });

  it('are merged of twelve hours, then of a day, when that is not enough', () => {
    const every = (step: number) => series(150, (index) => failed(index * step));
    // Four a bucket of six hours: two are left of each, of 38 such buckets.
    expect(hours(kept(every(1.5))).slice(0, 6)).toEqual([0, 4.5, 6, 10.5, 12, 16.5]);
    expect(hours(kept(every(3))).slice(0, 6)).toEqual([0, 9, 12, 21, 24, 33]);
    expect(hours(kept(every(6))).slice(0, 6)).toEqual([0, 18, 24, 42, 48, 66]);
    for (const step of [1.5, 3, 6]) expect(total(kept(every(step)))).toBe(150);
  });

  it('are merged no further than need be', () => {
    // Two in each bucket of six hours, and one more in the first.
    const facts = [failed(0), failed(1), ...series(CAP - 1, (index) => failed(3 + index * 3))];
    expect(hours(kept(facts))).toEqual([0, ...hours(facts).slice(2)]);
  });

  it('that were merged before count for what they stand for', () => {
    const facts = series(CAP + 1, (index) => failed(index / 60, { merged: index % 3 }));
    expect(total(kept(facts))).toBe(total(facts));
  });

  it.each<[string, (index: number) => Failing]>([
    ['categories', (index) => ({ category: index % 2 === 0 ? 'mailbox_full' : 'mailbox_unavailable' })],
    ['streams', (index) => ({ stream: index % 2 === 0 ? 'news' : 'bills' })],
    ['answers of their windows', (index) => ({ attribution: 'system', holds: index % 2 === 0 })],
    ['providers, while their windows are open', (index) => ({ attribution: 'system', provider: index % 2 === 0 ? 'a' : 'b' })],
  ])('of different %s are not merged with each other', (_, of) => {
    const thinned = kept(series(100, (index) => failed(index / 60, of(index))));
    expect(thinned.map(({ at }) => at / MINUTE)).toEqual([0, 1, 98, 99]);
    expect(thinned.map((fact) => (fact as FailureFact).merged)).toEqual([0, 0, 48, 48]);
  });

  it('of different windows are not merged with each other while these are open; of closed ones with one answer they are', () => {
    const busy = (index: number, holds?: boolean) =>
      failed(index / 20, { attribution: 'system', ...(holds === undefined ? {} : { holds }) });
    // Ten hours by windows of two hours.
    const open = thin(
      series(200, (index) => busy(index)),
      2 * HOUR,
      null,
    );
    expect(hours(open)).toEqual([0, 1.95, 2, 3.95, 4, 5.95, 6, 7.95, 8, 9.95]);
    expect(
      hours(
        thin(
          series(200, (index) => busy(index, true)),
          2 * HOUR,
          null,
        ),
      ),
    ).toEqual([0, 5.95, 6, 9.95]);
    // The recipient's own failures ask no window.
    expect(
      hours(
        thin(
          series(200, (index) => failed(index / 20)),
          2 * HOUR,
          null,
        ),
      ),
    ).toEqual([0, 5.95, 6, 9.95]);
  });

  it('keep the latest deferral of each message, and what is merged before it stands with it', () => {
    const facts = series(100, (index) => failed(index / 60, { message: index === 40 ? 'other' : 'm' }));
    const thinned = kept(facts);
    expect(thinned.map(({ at }) => at / MINUTE)).toEqual([0, 40, 99]);
    expect(thinned.map((fact) => (fact as FailureFact).merged)).toEqual([0, 39, 58]);
  });

  it('are the only ones that are merged: give-ups and what is no failure stay', () => {
    const others = [objected(1), failed(2, { type: 'expired' }), failed(3, { type: 'bounced' }), asked(4, 'allow')];
    const facts = [...series(100, (index) => failed(index / 200)), ...others];
    expect(hours(kept(facts))).toEqual([0, 0.495, 1, 2, 3, 4]);
  });

  it('that came while suppressed are not merged with those that the suppression rests on', () => {
    const facts = series(100, (index) => failed(index / 60));
    const thinned = kept(facts, facts[89]?.at ?? null);
    expect(thinned.map(({ at }) => at / MINUTE)).toEqual([0, 89, 90, 99]);
  });
});

describe('above the bound there go first', () => {
  it('failures that came while suppressed, but for the last 16', () => {
    const facts = [...series(90, (index) => failed(index * 24)), ...series(30, (index) => failed(90 * 24 + index * 24))];
    const blockedSince = 90 * 24 * HOUR - 1;
    const thinned = kept(facts, blockedSince);
    expect(thinned.filter(({ at }) => at > blockedSince).map(({ at }) => at)).toEqual(facts.slice(-16).map(({ at }) => at));
  });

  it('... not hard bounces among them, nor what came at the very moment', () => {
    const facts = [failed(1), ...series(100, (index) => bounce(2 + index * 24, { type: index % 10 === 0 ? 'bounced' : 'expired' }))];
    const hard = series(9, (index) => 2 + index * 240);
    expect(hours(kept(facts, HOUR))).toEqual([1, ...hard, ...series(16, (index) => 2 + (84 + index) * 24)]);
  });

  it('... nor what is no failure', () => {
    const others = [asked(1, 'allow'), objected(2), asked(3, 'disallow')];
    const facts = [...others, ...series(100, (index) => failed(4 + index * 24))];
    expect(kept(facts, 0)).toEqual([...others, ...facts.slice(-16)]);
  });

  it('hard bounces between the first 16 and the last 16', () => {
    expect(hours(kept(series(100, (index) => bounce(index))))).toEqual([
      ...series(16, (index) => index),
      ...series(16, (index) => 84 + index),
    ]);
  });

  it('objections between the first 16 and the last 16, complaints and unsubscribes together', () => {
    const facts = series(100, (index) => objected(index, index % 2 === 0 ? 'complained' : 'unsubscribed'));
    expect(hours(kept(facts))).toEqual([...series(16, (index) => index), ...series(16, (index) => 84 + index)]);
  });

  it('none of 32 hard bounces and 32 objections', () => {
    const facts = [
      ...series(32, (index) => bounce(index)),
      ...series(32, (index) => objected(40 + index)),
      ...series(40, (index) => asked(80 + index, 'allow')),
    ];
    expect(kept(facts)).toEqual(facts);
  });

  it('commands but for the last 64, whatever they ask for', () => {
    const kinds = ['suppress', 'release', 'allow', 'disallow'] as const;
    const facts = series(100, (index) => asked(index, kinds[index % 4] as 'suppress'));
    expect(hours(kept(facts))).toEqual(series(64, (index) => 36 + index));
  });
});

describe('when nothing more can be merged there go', () => {
  const daily = (count: number, of: (index: number) => Failing = () => ({})) => series(count, (index) => failed(index * 24, of(index)));

  it('the oldest failures', () => {
    const facts = daily(100);
    expect(kept(facts)).toEqual(facts.slice(4));
  });

  it('first what counts for nothing', () => {
    const nothing: readonly Failing[] = [
      { attribution: 'sender' },
      { attribution: 'message' },
      { attribution: 'local' },
      { attribution: 'system', holds: false },
    ];
    const facts = daily(100, (index) => nothing[index - 50] ?? {});
    expect(kept(facts)).toEqual(facts.filter((_, index) => index < 50 || index > 53));
  });

  it('... and then what counts, the oldest first', () => {
    const facts = daily(100, (index) => (index < 2 ? { attribution: 'sender' } : {}));
    expect(kept(facts)).toEqual(facts.slice(4));
  });

  it('last what counts, may count, or tells when greylisting is overdue', () => {
    const something: readonly Failing[] = [
      { attribution: 'recipient' },
      { attribution: 'system' },
      { attribution: 'unknown', holds: true },
      { attribution: 'greylisting', holds: false },
    ];
    const facts = daily(100, (index) => something[index] ?? { attribution: 'sender' });
    expect(kept(facts)).toEqual([...facts.slice(0, 4), ...facts.slice(8)]);
  });

  it('never permanent bounces, objections, commands and deliveries', () => {
    const others = [delivered(0), bounce(1), objected(2), asked(3, 'suppress')];
    const facts = [...others, ...series(100, (index) => failed((index + 1) * 24))];
    expect(kept(facts)).toEqual([...others, ...facts.slice(12)]);
  });
});
