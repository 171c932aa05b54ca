import { expect, test } from 'vitest';
import { readRetryAfter } from './retry-after.ts';

const NOW = Date.UTC(1994, 10, 6, 8, 40, 0);
const LATER = 577_000;

test.each([
  ['0', 0],
  ['120', 120_000],
  [' 30 ', 30_000],
  ['9999999999', 9_999_999_999_000],
  ['Sun, 06 Nov 1994 08:49:37 GMT', LATER],
  ['Sunday, 06-Nov-94 08:49:37 GMT', LATER],
  ['Sun Nov  6 08:49:37 1994', LATER],
  ['Sun, 06 Nov 1994 08:30:00 GMT', 0],
])('%s', (value, ms) => {
  expect(readRetryAfter(value, NOW)).toBe(ms);
});

test.each([
  undefined,
  '',
  '-1',
  '1.5',
  '1e9',
  '12345678901',
  'soon',
  '120, 60',
  '1994-11-06T08:49:37Z',
  'Sun, 99 Nov 1994 08:49:37 GMT',
  'Sun, 06 Nov 1994 08:49:37 PST',
  '1'.repeat(20_000),
])('nothing is read from %j', (value) => {
  expect(readRetryAfter(value, NOW)).toBeUndefined();
});
