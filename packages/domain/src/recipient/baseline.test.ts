import { describe, expect, it } from 'vitest';
import { DEFAULT_POLICY, HOUR } from '../policy/policy.ts';
import { baselineAnswer, windowClosesAt } from './baseline.ts';

describe('windows', () => {
  it('begin at multiples of six hours of UTC and end where the next begins', () => {
    const day = Date.UTC(2026, 2, 1);
    expect(windowClosesAt(DEFAULT_POLICY, day)).toBe(day + 6 * HOUR);
    expect(windowClosesAt(DEFAULT_POLICY, day + 6 * HOUR - 1)).toBe(day + 6 * HOUR);
    expect(windowClosesAt(DEFAULT_POLICY, day + 6 * HOUR)).toBe(day + 12 * HOUR);
    expect(windowClosesAt(DEFAULT_POLICY, -1)).toBe(0);
  });
});

describe('the provider baseline', () => {
  const passes = (deliveries: number, failing: number): boolean => baselineAnswer(DEFAULT_POLICY, 7, deliveries, failing).passes;

  it('passes from 20 deliveries on', () => {
    expect([passes(19, 0), passes(20, 0), passes(21, 0)]).toEqual([false, true, true]);
  });

  it('passes if fewer than half of the recipients fail', () => {
    expect([passes(20, 19), passes(20, 20), passes(20, 21), passes(100, 99), passes(100, 100)]).toEqual([true, false, false, true, false]);
  });

  it('does not pass when nothing is known', () => {
    const anything = { ...DEFAULT_POLICY, contrast: { ...DEFAULT_POLICY.contrast, deliveries: 0 } };
    expect(baselineAnswer(anything, 7, 0, 0)).toEqual({ closesAt: 7, passes: false, deliveries: 0, failing: 0 });
  });

  it('is answered with the counts it rests on', () => {
    expect(baselineAnswer(DEFAULT_POLICY, 7, 30, 4)).toEqual({ closesAt: 7, passes: true, deliveries: 30, failing: 4 });
  });
});
