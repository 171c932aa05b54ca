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

  test('ends when too few are left to stand for the others', () => {
    // One of fifty is still tried on the 20th day, and takes mail then: that is not the fate of all.
    const found = regret(...times(50, refused(3)), took(1), took(19));
    expect(found).toMatchObject({ tookMail: 2, days: 4 });
    expect(found.share?.share).toBeLessThan(0.05);
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

describe('the interval of 95 %, on samples whose truth is known', () => {
  const SAMPLES = 4_000;
  const random = mulberry32(20_260_301);

  /** Samples in which the interval covers the truth. */
  function covered({
    addresses,
    recover,
    abandoned,
  }: {
    readonly addresses: number;
    readonly recover: number;
    readonly abandoned: number;
  }): number {
    const mean = 5;
    const truth = recover * (1 - Math.exp(-30 / mean));
    let count = 0;
    for (let sample = 0; sample < SAMPLES; sample += 1) {
      const counts = newRegretCounts();
      for (let i = 0; i < addresses; i += 1) {
        const recoversAfter = random() < recover ? -mean * Math.log(1 - random()) : Number.POSITIVE_INFINITY;
        const triedUntil = random() < abandoned ? 30 * random() : 30;
        addOutcome(counts, recoversAfter <= triedUntil ? took(recoversAfter) : refused(triedUntil));
      }
      const share = regretOf(counts).share;
      if (share !== null && share.low <= truth && truth <= share.high) count += 1;
    }
    return count;
  }

  // Of 4,000 samples an interval of 95 % covers the truth in 3,800 on the average; the standard deviation is 14.
  test.each([
    { addresses: 33, recover: 0.5, abandoned: 0 },
    { addresses: 33, recover: 0.5, abandoned: 0.5 },
    { addresses: 66, recover: 0.5, abandoned: 1 },
    { addresses: 66, recover: 0.05, abandoned: 0.5 },
    { addresses: 40, recover: 0.9, abandoned: 0.5 },
  ])('covers it in at least 95 of 100: %o', (world) => {
    expect(covered(world)).toBeGreaterThan(0.95 * SAMPLES - 3 * 14);
  });
});

function mulberry32(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
