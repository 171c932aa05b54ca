import { expect, test } from 'vitest';
import { nextTryIn } from './ladder.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** ms since the first failure at which each further try is made, for a subscriber that each time asks to wait. */
function triesOfOneFailure(asked?: number): readonly number[] {
  const tries: number[] = [];
  let failingFor = 0;
  for (let failures = 1; ; failures += 1) {
    const wait = nextTryIn({ failures, failingFor, asked });
    if (wait === null) return tries;
    failingFor += wait;
    tries.push(failingFor);
  }
}

test('tries follow after 10 s, 1 m, 5 m, 15 m, 1 h, 4 h, then every 6 h; the last one is made after three days', () => {
  const tries = triesOfOneFailure();
  const waits = tries.map((at, index) => at - (tries[index - 1] ?? 0));
  expect(waits.slice(0, 6)).toEqual([10_000, MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 4 * HOUR]);
  expect(waits.slice(6, -1)).toEqual(Array.from({ length: 11 }, () => 6 * HOUR));
  expect(tries.at(-1)).toBe(72 * HOUR);
});

test('a process that was away for days makes one more try, and no further one', () => {
  expect(nextTryIn({ failures: 3, failingFor: 71 * HOUR })).toBe(5 * MINUTE);
  expect(nextTryIn({ failures: 3, failingFor: 72 * HOUR })).toBeNull();
  expect(nextTryIn({ failures: 3, failingFor: 500 * HOUR })).toBeNull();
});

test('a subscriber may ask for a later try, never for an earlier one', () => {
  expect(nextTryIn({ failures: 1, failingFor: 0, asked: 45_000 })).toBe(45_000);
  expect(nextTryIn({ failures: 1, failingFor: 0, asked: 0 })).toBe(10_000);
  expect(nextTryIn({ failures: 4, failingFor: HOUR, asked: MINUTE })).toBe(15 * MINUTE);
  expect(triesOfOneFailure(1_000)).toEqual(triesOfOneFailure());
});

test('it puts a try off for a day at most, and never moves the last one', () => {
  expect(nextTryIn({ failures: 1, failingFor: 0, asked: 365 * 24 * HOUR })).toBe(24 * HOUR);
  expect(nextTryIn({ failures: 9, failingFor: 70 * HOUR, asked: 24 * HOUR })).toBe(2 * HOUR);
  expect(nextTryIn({ failures: 9, failingFor: 72 * HOUR, asked: 24 * HOUR })).toBeNull();
  expect(triesOfOneFailure(Number.MAX_SAFE_INTEGER)).toEqual([24 * HOUR, 48 * HOUR, 72 * HOUR]);
});
