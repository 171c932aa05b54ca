import { expect, test } from 'vitest';
import { retryAfter } from './ladder.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** ms since the first failure at which each further try is made. */
function triesOfOneFailure(): readonly number[] {
  const tries: number[] = [];
  let at = 0;
  for (let failures = 1; ; failures += 1) {
    const wait = retryAfter(failures, at);
    if (wait === null) return tries;
    at += wait;
    tries.push(at);
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
  expect(retryAfter(3, 71 * HOUR)).toBe(5 * MINUTE);
  expect(retryAfter(3, 72 * HOUR)).toBeNull();
  expect(retryAfter(3, 500 * HOUR)).toBeNull();
});
