import { describe, expect, test } from 'vitest';
import { DAY } from '../policy/policy.ts';
import { wilson } from './interval.ts';
import { addOutcome, newRegretCounts, outcomeName, REGRET_WINDOW, regretOf } from './regret.ts';
import type { Regret, SuppressionOutcome } from './regret.ts';

const took = (days: number): SuppressionOutcome => ({ tookAfter: days * DAY, triedUntil: days * DAY, isOpen: false });
const refused = (days: number, isOpen = false): SuppressionOutcome => ({ tookAfter: null, triedUntil: days * DAY, isOpen });
const UNTRIED: SuppressionOutcome = { tookAfter: null, triedUntil: null, isOpen: false };

function regret(...outcomes: readonly SuppressionOutcome[]): Regret {
  const counts = newRegretCounts();
  for (const outcome of outcomes) addOutcome(counts, outcome);
  return regretOf(counts);
}
const times = <T>(count: number, one: T): readonly T[] => new Array<T>(count).fill(one);

describe('regret', () => {
  test('is the plain share, with the plain interval, when everybody was tried for 30 days', () => {
    const found = regret(...times(9, took(4)), ...times(203, refused(30)));
    expect(found).toMatchObject({ suppressions: 212, tookMail: 9, followed: 203, untried: 0, notYetKnown: 0, days: 30 });
    expect(found.share).toEqual(wilson(9, 212));
  });

  test('does not take the end of tries for a refusal: who left early could still have taken mail', () => {
    // Of 100 that were tried to the end 20 took mail on day 10; 100 others were tried for two days only.
    const found = regret(...times(20, took(10)), ...times(80, refused(30)), ...times(100, refused(2)));
    expect(found.share?.share).toBeCloseTo(0.2, 10);
    const whole = wilson(20, 100);
    expect(found.share?.low).toBeCloseTo(whole?.low ?? 0, 6);
    expect(found.share?.high).toBeCloseTo(whole?.high ?? 0, 6);
  });

  test('knows nothing from those who were never tried again', () => {
    expect(regret(...times(50, UNTRIED))).toMatchObject({ untried: 50, share: null, days: 0 });
    expect(regret(...times(50, UNTRIED), took(1), refused(30)).share).toEqual(wilson(1, 2));
  });

  test('says for how many days it is known', () => {
    const found = regret(...times(10, refused(1.5)), took(1));
    expect(found.days).toBe(2);
    expect(found.share?.share).toBeGreaterThan(0);
  });

  test('counts those as not yet known whose 30 days are not over, and they count for as long as they were tried', () => {
    const open = { tookAfter: null, triedUntil: 5 * DAY, isOpen: true };
    const found = regret(open, { ...open, triedUntil: null }, took(2), refused(30));
    expect(found).toMatchObject({ suppressions: 4, notYetKnown: 2, tookMail: 1, followed: 1 });
    // At the second day 3 were there: one of them took mail.
    expect(found.share?.share).toBeCloseTo(1 / 3, 10);
  });

  test('without any that took mail ends at what those know who were there at the end', () => {
    const found = regret(...times(20, refused(30)), ...times(80, refused(1)));
    expect(found.share).toMatchObject({ share: 0, low: 0 });
    expect(found.share?.high).toBeCloseTo(wilson(0, 20)?.high ?? 0, 10);
  });

  test('names an outcome', () => {
    expect(outcomeName(took(3))).toBe('took_mail');
    expect(outcomeName(refused(3))).toBe('refused');
    expect(outcomeName(refused(3, true))).toBe('not_yet_known');
    expect(outcomeName(UNTRIED)).toBe('untried');
    expect(REGRET_WINDOW).toBe(30 * DAY);
  });
});
