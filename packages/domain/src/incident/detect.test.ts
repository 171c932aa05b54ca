/** Both sides of every boundary of noticing an incident and its end. */
import { describe, expect, it } from 'vitest';
import { DAY, DEFAULT_POLICY, HOUR } from '../policy/policy.ts';
import type { Count, Opening } from './detect.ts';
import { closingTimeOf, openingOf, QUARTER, quarterOf, shareOf, shows } from './detect.ts';

const POLICY = DEFAULT_POLICY.incidents;
const BEGIN = Date.UTC(2026, 2, 1, 12);

/** The time of the quarter with this number. */
const q = (n: number): number => BEGIN + n * QUARTER;
const count = (n: number, failing: number, delivered = 0): Count => ({ at: q(n), failing, delivered });
/** A day before: what is usual. */
const usual = (failing: number, delivered: number): Count => count(-96, failing, delivered);
const opening = (counts: readonly Count[], after = q(-4)): Opening | undefined => openingOf(POLICY, counts, after);

describe('shares', () => {
  it('of no mail are 0', () => {
    expect(shareOf({ failing: 0, delivered: 0 })).toBe(0);
    expect(shareOf({ failing: 1, delivered: 3 })).toBe(0.25);
  });

  it.each([
    [19, 0, true, false],
    [20, 0, true, true],
    [20, 20, true, true],
    [20, 21, true, false],
    [99, 0, false, false],
    [100, 0, false, true],
    [100, 101, false, false],
  ])('%i failing and %i delivered, in the whole of the shortest time: %s, show an incident: %s', (failing, delivered, whole, expected) => {
    expect(shows(POLICY, { failing, delivered }, whole)).toBe(expected);
  });

  it('are counted by quarters of an hour', () => {
    expect([q(0), q(1) - 1, q(1)].map(quarterOf)).toEqual([q(0), q(0), q(1)]);
  });
});

describe('an incident opens', () => {
  it('with enough recipients that begin to fail, a quarter before they did', () => {
    expect(opening([usual(0, 100), count(0, 20)])).toEqual({ from: q(-1), failing: 20, delivered: 0, usualShare: 0 });
    expect(opening([usual(0, 100), count(0, 19)])).toBeUndefined();
    expect(opening([])).toBeUndefined();
  });

  it('only if the days before are known, counting nothing older', () => {
    expect(opening([count(0, 20)])).toBeUndefined();
    expect(opening([usual(0, 19), count(0, 20)])).toBeUndefined();
    expect(opening([usual(0, 20), count(0, 20)])).toMatchObject({ usualShare: 0 });
    const ago = (ms: number): Count => ({ at: q(0) - ms, failing: 0, delivered: 100 });
    expect(opening([ago(7 * DAY), count(0, 20)])).toMatchObject({ from: q(-1) });
    expect(opening([ago(7 * DAY + QUARTER), count(0, 20)])).toBeUndefined();
  });

  it('with twice the usual share', () => {
    expect(opening([usual(30, 70), count(0, 30, 20)])).toMatchObject({ usualShare: 0.3, failing: 30, delivered: 20 });
    expect(opening([usual(30, 70), count(0, 30, 21)])).toBeUndefined();
  });

  it('only in what comes after the moment asked for', () => {
    expect(opening([usual(0, 100), count(0, 20)], q(0))).toMatchObject({ from: q(-1) });
    expect(opening([usual(0, 100), count(0, 20)], q(0) + 1)).toBeUndefined();
    expect(opening([usual(0, 100), count(0, 10), count(1, 10)], q(1))).toBeUndefined();
  });

  it('in the longest stretch that is within the window', () => {
    expect(opening([usual(0, 100), count(0, 10), count(23, 10)])).toMatchObject({ from: q(-1), failing: 20 });
    expect(opening([usual(0, 100), count(0, 10), count(24, 10)])).toBeUndefined();
    expect(opening([usual(0, 100), count(0, 5), count(4, 20)])).toMatchObject({ from: q(-1), failing: 25 });
  });

  it('over at least an hour, because a campaign is sent in bursts; over less when very many fail', () => {
    expect(opening([usual(0, 100), count(0, 0, 100), count(4, 20)])).toMatchObject({ from: q(3), failing: 20, delivered: 0 });
    expect(opening([usual(0, 100), count(1, 0, 100), count(4, 20)])).toBeUndefined();
    expect(opening([usual(0, 100), count(3, 0, 300), count(4, 99)])).toBeUndefined();
    expect(opening([usual(0, 100), count(3, 0, 300), count(4, 100)])).toMatchObject({ from: q(3), failing: 100, delivered: 0 });
  });

  it('at the end of the first stretch that shows it, not later', () => {
    expect(opening([usual(0, 100), count(0, 20), count(1, 30)])).toMatchObject({ failing: 20 });
    expect(opening([usual(0, 100), count(0, 20), count(1, 0, 9)])).toMatchObject({ failing: 20, delivered: 0 });
  });

  it('without the quarters of the stretch that were as usual', () => {
    expect(opening([usual(0, 100), count(0, 0, 3), count(8, 20)])).toMatchObject({ from: q(7), delivered: 3 });
    expect(opening([usual(0, 100), count(0, 1, 8), count(8, 20)])).toMatchObject({ from: q(7), failing: 21 });
    expect(opening([usual(0, 100), count(0, 1, 7), count(8, 20)])).toMatchObject({ from: q(-1), failing: 21 });
  });

  it('with elevated quarters just before the stretch, and the quarter before those', () => {
    const from = (...before: readonly Count[]): number | undefined => opening([usual(0, 1_000), ...before, count(0, 100)], q(0))?.from;
    expect(from()).toBe(q(-1));
    expect(from(count(-1, 1, 7))).toBe(q(-2));
    expect(from(count(-1, 1, 8))).toBe(q(-1));
    expect(from(count(-1, 0, 0))).toBe(q(-1));
    expect(from(count(-2, 1, 0), count(-1, 1, 0))).toBe(q(-3));
    expect(from(count(-2, 1, 0))).toBe(q(-1));
  });
});

describe('an incident is over', () => {
  const closing = (counts: readonly Count[], now: number, share = 0): number | undefined =>
    closingTimeOf(POLICY, counts, { from: BEGIN, usual: share, now });

  it('when nothing is counted for as long as the window', () => {
    expect(closing([], q(1) + POLICY.window - 1)).toBeUndefined();
    expect(closing([], q(1) + POLICY.window)).toBe(q(2));
    expect(closing([count(2, 5)], q(3) + POLICY.window - 1)).toBeUndefined();
    expect(closing([count(2, 5)], q(3) + POLICY.window)).toBe(q(4));
  });

  it('when mail was accepted for an hour, a quarter past the last bad one', () => {
    const counts = [count(0, 10), count(1, 0, 10)];
    expect(closing(counts, q(1) + HOUR - 1)).toBeUndefined();
    expect(closing(counts, q(1) + HOUR)).toBe(q(2));
    expect(closing([count(0, 10), count(1, 0, 10), count(6, 0, 1)], q(7))).toBe(q(2));
    // What fails after that is another incident.
    expect(closing([count(0, 10), count(1, 0, 10), count(6, 50)], q(7))).toBe(q(2));
    expect(closing([count(0, 10), count(1, 0, 0)], q(1) + HOUR)).toBeUndefined();
  });

  it('not while too large a share still fails', () => {
    expect(closing([count(0, 10), count(1, 2, 8)], q(5), 0.2)).toBe(q(2));
    expect(closing([count(0, 10), count(1, 3, 7)], q(5), 0.2)).toBeUndefined();
    expect(closing([count(0, 10), count(1, 1, 3)], q(5), 0.2)).toBeUndefined();
    expect(closing([count(0, 10), count(1, 2, 8), count(2, 7, 3)], q(5), 0.4)).toBeUndefined();
    expect(closing([count(0, 10), count(1, 2, 8), count(2, 0, 2)], q(5), 0.4)).toBe(q(2));
  });

  it('from the last quarter that was bad, together with the hour before it', () => {
    expect(closing([count(0, 10), count(1, 0, 2), count(3, 9, 1)], q(5))).toBeUndefined();
    expect(closing([count(0, 10), count(1, 0, 2), count(3, 9, 1), count(4, 0, 9)], q(8))).toBe(q(5));
    const calm = [count(0, 10), count(1, 0, 40), count(2, 0, 40), count(3, 1, 1)];
    expect(closing(calm, q(5))).toBe(q(2));
  });

  it('where an hour is four quarters, including the quarter itself', () => {
    expect(closing([count(0, 100), count(4, 1, 7)], q(5))).toBe(q(2));
    expect(closing([count(0, 100), count(5, 1, 7)], q(6))).toBe(q(2));
    expect(closing([count(0, 10), count(1, 0, 30), count(2, 5, 5), count(3, 0, 1_000)], q(6))).toBeUndefined();
  });

  it('when it has lasted too long, whatever still fails', () => {
    const bad = Array.from({ length: 300 }, (_, n) => count(n, 5));
    expect(closing(bad, BEGIN + POLICY.longest - 1)).toBeUndefined();
    expect(closing(bad, BEGIN + POLICY.longest)).toBe(BEGIN + POLICY.longest);
    expect(closing(bad, BEGIN + POLICY.longest + DAY)).toBe(BEGIN + POLICY.longest);
  });

  it('judged by what was counted in it up to now', () => {
    expect(closing([count(-2, 50), count(0, 10), count(1, 0, 10)], q(5))).toBe(q(2));
    expect(closing([count(-2, 0, 9)], q(1) + HOUR)).toBeUndefined();
    expect(closing([count(0, 0, 9)], q(1) + HOUR)).toBe(q(2));
    expect(closing([count(0, 10), count(1, 0, 10), count(5, 50)], q(5))).toBe(q(2));
    expect(closing([count(0, 10), count(5, 0, 9)], q(5))).toBeUndefined();
    expect(closing([count(0, 10), count(1, 0, 10), count(4, 50)], q(5) - 1)).toBeUndefined();
  });
});
