import fc from 'fast-check';
import { expect, test } from 'vitest';
import { niceTop, scaleOf, timeTicks } from './scale.ts';

test('a scale keeps to its ends', () => {
  const scale = scaleOf(10, 20, 0, 100);
  expect([5, 10, 15, 20, 25].map(scale)).toEqual([0, 0, 50, 100, 100]);
});

test('ticks are within the range, not too many, and at round times of the zone', () => {
  const HOUR = 3_600_000;
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 2e12 }),
      fc.integer({ min: 1, max: 1e11 }),
      fc.integer({ min: 2, max: 12 }),
      fc.integer({ min: -12, max: 14 }),
      (from, length, most, zone) => {
        const { step, at } = timeTicks(from, from + length, most, zone * HOUR);
        expect(at.length).toBeLessThanOrEqual(most + 1);
        for (const time of at) {
          expect(time).toBeGreaterThanOrEqual(from);
          expect(time).toBeLessThanOrEqual(from + length);
          expect((time + zone * HOUR) % step).toBe(0);
        }
      },
    ),
  );
});

test.each([
  [0, 1],
  [3, 5],
  [10, 10],
  [11, 20],
  [230, 250],
])('the axis for %d ends at %d', (value, top) => {
  expect(niceTop(value)).toBe(top);
});
