import fc from 'fast-check';
import { expect, it } from 'vitest';
import { placeInFeed, sequenceAt } from './change-feed.ts';
import { incarnationBehind } from './checkpoint.ts';

const LAST_YEAR = Date.UTC(2055, 0, 1);
const now = Date.UTC(2026, 10, 30);

it.each([
  [0, 1],
  [0, 2 ** 40],
  [incarnationBehind(0, now), 7],
  [incarnationBehind(0, LAST_YEAR), 2 ** 25 - 1],
])('a change of incarnation %d with number %d has a place that a whole number can hold', (incarnation, number) => {
  const place = placeInFeed(incarnation, number);
  expect(Number.isSafeInteger(place)).toBe(true);
  expect(sequenceAt(3, incarnation, place)).toEqual({ partition: 3, number, ...(incarnation === 0 ? {} : { incarnation }) });
});

it('what a later incarnation publishes comes behind all that an earlier one did, however many changes the partition has', () => {
  const returns = fc.record({
    incarnation: fc.integer({ min: 0, max: incarnationBehind(0, now) }),
    rise: fc.integer({ min: 1, max: 1_000 }),
    kept: fc.integer({ min: 0, max: 2 ** 38 }),
    lost: fc.integer({ min: 0, max: 2 ** 25 }),
  });
  fc.assert(
    fc.property(returns, ({ incarnation, rise, kept, lost }) => {
      expect(placeInFeed(incarnation + rise, kept + 1)).toBeGreaterThan(placeInFeed(incarnation, kept + lost));
    }),
  );
});

it('an incarnation is higher than the one before, also at the same moment, and than one that was forgotten', () => {
  const first = incarnationBehind(0, now);
  expect(incarnationBehind(first, now)).toBe(first + 1);
  expect(incarnationBehind(0, now + 4_000)).toBeGreaterThan(first);
});
