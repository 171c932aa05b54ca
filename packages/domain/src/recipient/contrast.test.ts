import { describe, expect, it } from 'vitest';
import { DEFAULT_POLICY, HOUR } from '../policy/policy.ts';
import { answerOf, closingOf } from './contrast.ts';

describe('windows', () => {
  it('begin at multiples of six hours of UTC and end where the next begins', () => {
    const day = Date.UTC(2026, 2, 1);
    expect(closingOf(DEFAULT_POLICY, day)).toBe(day + 6 * HOUR);
    expect(closingOf(DEFAULT_POLICY, day + 6 * HOUR - 1)).toBe(day + 6 * HOUR);
    expect(closingOf(DEFAULT_POLICY, day + 6 * HOUR)).toBe(day + 12 * HOUR);
    expect(closingOf(DEFAULT_POLICY, -1)).toBe(0);
  });
});

describe('contrast', () => {
  const holds = (deliveries: number, failing: number): boolean => answerOf(DEFAULT_POLICY, 7, deliveries, failing).holds;

  it('holds from 20 deliveries on', () => {
    expect([holds(19, 0), holds(20, 0), holds(21, 0)]).toEqual([false, true, true]);
  });

  it('holds while fewer than half of the recipients fail', () => {
    expect([holds(20, 19), holds(20, 20), holds(20, 21), holds(100, 99), holds(100, 100)]).toEqual([true, false, false, true, false]);
  });

  it('does not hold of nothing', () => {
    const anything = { ...DEFAULT_POLICY, contrast: { ...DEFAULT_POLICY.contrast, deliveries: 0 } };
    expect(answerOf(anything, 7, 0, 0)).toEqual({ closesAt: 7, holds: false, deliveries: 0, failing: 0 });
  });

  it('is answered with its figures', () => {
    expect(answerOf(DEFAULT_POLICY, 7, 30, 4)).toEqual({ closesAt: 7, holds: true, deliveries: 30, failing: 4 });
  });
});
