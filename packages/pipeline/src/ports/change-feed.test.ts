import { expect, it } from 'vitest';
import { placeInFeed, sequenceAt } from './change-feed.ts';
import { incarnationBehind } from './checkpoint.ts';

const LAST_YEAR = Date.UTC(2055, 0, 1);

it.each([
  [0, 1],
  [0, 2 ** 35 - 1],
  [incarnationBehind(0, Date.UTC(2026, 10, 30)), 7],
  [incarnationBehind(0, LAST_YEAR), 2 ** 35 - 1],
])('a change of incarnation %d with number %d has a place that a whole number can hold, and that says both', (incarnation, number) => {
  const place = placeInFeed(incarnation, number);
  expect(Number.isSafeInteger(place)).toBe(true);
  expect(sequenceAt(3, place)).toEqual({ partition: 3, number, ...(incarnation === 0 ? {} : { incarnation }) });
});

it('an incarnation is higher than the one before, also within the same hour', () => {
  const now = Date.UTC(2026, 10, 30);
  const first = incarnationBehind(0, now);
  expect(incarnationBehind(first, now)).toBe(first + 1);
  expect(incarnationBehind(first, now + 24 * 3_600_000)).toBe(first + 24);
});
