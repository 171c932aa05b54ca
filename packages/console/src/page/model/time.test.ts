import { expect, test } from 'vitest';
import { duration, localTime, relative, utcTime } from './time.ts';

const HOUR = 3_600_000;

test.each([
  [0, '0 s'],
  [45_000, '45 s'],
  [12 * 60_000, '12 min'],
  [5 * HOUR, '5 h'],
  [5.2 * HOUR, '5 h 12 min'],
  [24 * HOUR, '1 d'],
  [76 * HOUR, '3 d 4 h'],
  [40.4 * 24 * HOUR, '40 d'],
])('%d ms are %s', (ms, text) => {
  expect(duration(ms)).toBe(text);
});

test('how far away: not to the second, and the largest unit only', () => {
  const now = Date.UTC(2026, 2, 1);
  const at = [-30_000, -5 * 60_000, 3 * HOUR, -47 * HOUR, 49 * HOUR].map((away) => relative(now + away, now));
  expect(at).toEqual(['just now', '5 min ago', 'in 3 h', '47 h ago', 'in 2 d']);
});

test("the viewer's time without the year of the present, and UTC to the second", () => {
  const now = new Date(2026, 2, 1).getTime();
  expect(localTime(new Date(2026, 1, 3, 4, 5).getTime(), now)).toBe('3 Feb 04:05');
  expect(localTime(new Date(2025, 1, 3, 4, 5).getTime(), now)).toBe('3 Feb 2025 04:05');
  expect(utcTime(Date.UTC(2026, 1, 3, 4, 5, 6))).toBe('2026-02-03 04:05:06 UTC');
});
