/** Both sides of every boundary of noticing a sender incident and its end, and what holds whatever is counted. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asTenant } from '../keys.ts';
import { DAY, DEFAULT_POLICY, HOUR } from '../policy/policy.ts';
import { QUARTER } from './detect.ts';
import { bitOf, recipientsOf, senderClosingOf, senderIncidentIdOf, senderOpeningsOf } from './sender.ts';
import type { PoolCounts, SenderCount, SenderOpening } from './sender.ts';

const POLICY = DEFAULT_POLICY.senderIncidents;
const BEGIN = Date.UTC(2026, 2, 1, 12);
const MANY = -1;

const q = (n: number): number => BEGIN + n * QUARTER;
const count = (n: number, refused: number, tries: number, recipients = MANY): SenderCount => ({ at: q(n), tries, refused, recipients });
/** A day before: what is usual. */
const usual = (refused: number, tries: number): SenderCount => count(-96, refused, tries);
const pool = (name: string, ...counts: readonly SenderCount[]): PoolCounts => ({ pool: name, counts });
const opening = (pools: readonly PoolCounts[], after: (pool: string | null) => number | null = () => q(-4)): readonly SenderOpening[] =>
  senderOpeningsOf(POLICY, pools, after);
const opens = (...counts: readonly SenderCount[]): readonly SenderOpening[] => opening([pool('', ...counts)]);

describe('recipients', () => {
  it('are told about right while there are few', () => {
    expect([0, 1, 3, -1].map(recipientsOf)).toEqual([0, 1, 2, 111]);
    const bits = (many: number): number =>
      Array.from({ length: many }, (_, n) => bitOf((n * 2_654_435_761) >>> 0)).reduce((a, b) => a | b, 0);
    for (const many of [5, 10, 20]) expect(Math.abs(recipientsOf(bits(many)) - many)).toBeLessThanOrEqual(many / 2);
  });
});

describe('a sender incident opens', () => {
  it('with enough tries, enough of them refused, of enough recipients', () => {
    expect(opens(usual(0, 100), count(0, 20, 50))).toEqual([{ pool: null, from: q(0), usualShare: 0 }]);
    expect(opens(usual(0, 100), count(0, 20, 49))).toEqual([]);
    expect(opens(usual(0, 100), count(0, 19, 50))).toEqual([]);
    expect(opens(usual(0, 100), count(0, 20, 100))).toHaveLength(1);
    expect(opens(usual(0, 100), count(0, 20, 101))).toEqual([]);
    expect(opens(usual(0, 100), count(0, 20, 50, 0b1111111))).toEqual([]);
    expect(opens(usual(0, 100), count(0, 20, 50, 0b1111111111))).toHaveLength(1);
    expect(opening([])).toEqual([]);
  });

  it('only where something is known of the days before', () => {
    expect(opens(count(0, 50, 50))).toEqual([]);
    expect(opens(usual(0, 99), count(0, 50, 50))).toEqual([]);
    const ago = (ms: number): SenderCount => ({ at: q(0) - ms, tries: 100, refused: 0, recipients: 0 });
    expect(opens(ago(7 * DAY), count(0, 50, 50))).toHaveLength(1);
    expect(opens(ago(7 * DAY + 1), count(0, 50, 50))).toEqual([]);
  });

  it('with three times the usual share, or half of the way from it to everything', () => {
    expect(opens(usual(10, 100), count(0, 30, 100))).toMatchObject([{ usualShare: 0.1 }]);
    expect(opens(usual(10, 100), count(0, 29, 100))).toEqual([]);
    expect(opens(usual(50, 100), count(0, 75, 100))).toHaveLength(1);
    expect(opens(usual(50, 100), count(0, 74, 100))).toEqual([]);
  });

  it('over a stretch of at most an hour, from its first bad quarter on, and from bad ones just before', () => {
    expect(opens(usual(0, 100), count(0, 10, 25), count(3, 10, 25))).toMatchObject([{ from: q(0) }]);
    expect(opens(usual(0, 100), count(0, 10, 25), count(4, 10, 25))).toEqual([]);
    expect(opens(usual(0, 100), count(0, 0, 50), count(1, 20, 50))).toMatchObject([{ from: q(1) }]);
    expect(opening([pool('', usual(0, 100), count(-1, 1, 4), count(0, 20, 50))], () => q(-1))).toMatchObject([{ from: q(-1) }]);
    expect(opening([pool('', usual(0, 100), count(-1, 1, 4), count(0, 20, 50))], () => q(0))).toMatchObject([{ from: q(0) }]);
  });

  it('of one pool while the others are fine; of the tenant when all are refused', () => {
    const [fine, bad] = [count(0, 0, 100), count(0, 40, 80)];
    const [before] = [usual(0, 200)];
    expect(opening([pool('a', before, bad), pool('b', before, fine)])).toMatchObject([{ pool: 'a' }]);
    expect(opening([pool('a', before, bad), pool('b', before, bad)])).toMatchObject([{ pool: null }]);
    expect(opening([pool('a', before, bad), pool('b', before, bad), pool('c', before, fine)])).toMatchObject([
      { pool: 'a' },
      { pool: 'b' },
    ]);
    expect(opening([pool('a', before, bad)])).toMatchObject([{ pool: 'a' }]);
    expect(opening([pool('a', before, bad), pool('', before, bad)])).toMatchObject([{ pool: null }]);
    expect(opening([pool('other', before, bad), pool('b', before, fine)])).toMatchObject([{ pool: null }]);
  });

  it('of the pool that nearly all refusals are of, although the tenant shows it first', () => {
    const others = pool('', usual(0, 200), count(0, 2, 30));
    expect(opening([pool('a', count(0, 18, 40)), others])).toMatchObject([{ pool: 'a' }]);
    expect(opening([pool('a', count(0, 17, 40)), { ...others, counts: [usual(0, 200), count(0, 3, 30)] }])).toMatchObject([{ pool: null }]);
  });

  it('of a new pool by what is usual for the tenant', () => {
    expect(opening([pool('new', count(0, 40, 80)), pool('old', usual(0, 200), count(0, 0, 100))])).toMatchObject([
      { pool: 'new', usualShare: 0 },
    ]);
  });

  it('of the tenant not again for what the incident of a pool has told', () => {
    const pools = [pool('a', usual(0, 200), count(0, 40, 80), count(8, 0, 9)), pool('b', count(0, 0, 9))];
    expect(opening(pools, (name) => (name === 'a' ? q(1) : q(-4)))).toEqual([]);
    expect(opening(pools)).toMatchObject([{ pool: 'a' }]);
  });

  it('not where one goes on, nor of a pool while one of all goes on', () => {
    const pools = [pool('a', usual(0, 200), count(0, 40, 80)), pool('b', usual(0, 200), count(0, 0, 100))];
    expect(opening(pools, (name) => (name === 'a' ? null : q(-4)))).toEqual([]);
    expect(opening(pools, (name) => (name === null ? null : q(-4)))).toEqual([]);
  });
});

describe('a sender incident is over', () => {
  const closing = (counts: readonly SenderCount[], now: number, share = 0): number | undefined =>
    senderClosingOf(POLICY, counts, { from: BEGIN, usual: share, now });

  it('when mail is taken as usual for an hour, or nothing is sent for six', () => {
    const calm = [count(0, 40, 50), count(1, 0, 20)];
    expect(closing(calm, q(1) + HOUR - 1)).toBeUndefined();
    expect(closing(calm, q(1) + HOUR)).toBe(q(1));
    expect(closing([count(0, 40, 50)], q(1) + 6 * HOUR - 1)).toBeUndefined();
    expect(closing([count(0, 40, 50)], q(1) + 6 * HOUR)).toBe(q(1));
  });

  it('not while the share is above half of what opens one', () => {
    expect(closing([count(0, 40, 50), count(4, 10, 100)], q(5) + HOUR)).toBeUndefined();
    expect(closing([count(0, 40, 50), count(4, 9, 100)], q(5) + HOUR)).toBe(q(1));
    expect(closing([count(0, 40, 50), count(4, 20, 100)], q(5) + HOUR, 0.1)).toBeUndefined();
    expect(closing([count(0, 40, 50), count(4, 19, 100)], q(5) + HOUR, 0.1)).toBe(q(1));
  });

  it('at the longest after three days', () => {
    const bad = Array.from({ length: 400 }, (_, n) => count(n, 40, 50));
    expect(closing(bad, BEGIN + 72 * HOUR - 1)).toBeUndefined();
    expect(closing(bad, BEGIN + 90 * HOUR)).toBe(BEGIN + 72 * HOUR);
  });
});

describe('whatever is counted', () => {
  const cell = fc.record({
    at: fc.integer({ min: -40, max: 40 }).map(q),
    tries: fc.integer({ min: 1, max: 200 }),
    part: fc.integer({ min: 0, max: 100 }),
    recipients: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  });
  const counts = fc
    .array(cell, { maxLength: 40 })
    .map((cells) =>
      [
        ...new Map(
          cells.map(({ at, tries, part, recipients }) => [at, { at, tries, refused: Math.floor((tries * part) / 100), recipients }]),
        ).values(),
      ].sort((a, b) => a.at - b.at),
    );
  const pools = fc
    .uniqueArray(fc.constantFrom('', 'a', 'b', 'c', 'other'), { maxLength: 4 })
    .chain((names) => fc.tuple(...names.map((name) => counts.map((of) => ({ pool: name, counts: of })))));
  const after = fc.integer({ min: -40, max: 20 }).map(q);

  it('an opening is within the counts and after the last end; each place has one at most; the order of pools does not matter', () => {
    fc.assert(
      fc.property(pools, after, (of, from) => {
        const found = opening(of, () => from);
        for (const one of found) {
          expect(one.from).toBeGreaterThanOrEqual(from);
          expect(one.usualShare).toBeLessThan(1);
          expect(of.some(({ counts: own }) => own.some(({ at }) => at === one.from))).toBe(true);
          expect(one.pool).not.toBe('other');
          expect(one.pool).not.toBe('');
        }
        expect(new Set(found.map(({ pool: name }) => name)).size).toBe(found.length);
        if (found.some(({ pool: name }) => name === null)) expect(found).toHaveLength(1);
        const turned = opening(of.toReversed(), () => from);
        const sorted = (all: readonly SenderOpening[]): readonly SenderOpening[] =>
          all.toSorted((a, b) => ((a.pool ?? '') < (b.pool ?? '') ? -1 : 1));
        expect(sorted(turned)).toEqual(sorted(found));
      }),
    );
  });

  it('nothing opens without refusals, and nothing whose share is below the least one', () => {
    fc.assert(
      fc.property(pools, after, (of, from) => {
        const mild = of.map(({ pool: name, counts: own }) => ({
          pool: name,
          counts: own.map((one) => ({ ...one, refused: Math.floor(one.tries * 0.19) })),
        }));
        expect(opening(mild, () => from)).toEqual([]);
      }),
    );
  });

  it('what is over stays over at the same moment as the clock goes on, and never before it began', () => {
    fc.assert(
      fc.property(
        counts,
        fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 2, maxLength: 6 }),
        fc.integer({ min: 0, max: 90 }),
        (of, steps, part) => {
          const inside = of.filter(({ at }) => at >= BEGIN);
          let over: number | undefined;
          for (const step of steps.toSorted((a, b) => a - b)) {
            const at = senderClosingOf(POLICY, inside, { from: BEGIN, usual: part / 100, now: q(step) });
            if (over !== undefined) expect(at).toBe(over);
            over = at;
            if (at === undefined) continue;
            expect(at).toBeGreaterThan(BEGIN);
            expect(at).toBeLessThanOrEqual(q(step));
          }
        },
      ),
    );
  });

  it('at the moment at which one opens none is over: the two thresholds do not meet', () => {
    fc.assert(
      fc.property(counts, fc.integer({ min: 0, max: 100 }), (of, part) => {
        const known = [usual(part, 200), ...of.filter(({ at }) => at > q(-90))];
        const [found] = opening([pool('', ...known)], () => q(-40));
        if (found === undefined) return;
        const { from, usualShare } = found;
        expect(senderClosingOf(POLICY, known, { from, usual: usualShare, now: from + QUARTER })).toBeUndefined();
      }),
    );
  });
});

it('the id names the place: no tenant can take that of another', () => {
  const id = (tenant: string, provider: string, name: string | null): string =>
    senderIncidentIdOf({ tenant: asTenant(tenant), provider, pool: name }, BEGIN);
  const ids = [
    id('a', 'gmail', null),
    id('b', 'gmail', null),
    id('a', 'gmail', 'x'),
    id('a', 'yahoo', null),
    id('a-b', 'c', null),
    id('a', 'b-c', null),
  ];
  expect(new Set(ids).size).toBe(ids.length);
  for (const one of ids) expect(one).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
});
