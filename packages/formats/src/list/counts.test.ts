import { describe, expect, test } from 'vitest';
import { tally } from './counts.ts';

describe('a tally', () => {
  test('counts names that every object has like others', () => {
    const counts: Record<string, number> = {};
    for (const name of ['constructor', 'toString', 'constructor']) tally(counts, name, 'others');
    expect(Object.entries(counts)).toEqual([
      ['constructor', 2],
      ['toString', 1],
    ]);
  });

  test('puts what is beyond 50 names together', () => {
    const counts: Record<string, number> = {};
    for (let n = 0; n < 53; n += 1) tally(counts, `stream-${n}`, 'others');
    tally(counts, 'stream-0', 'others');
    expect([Object.keys(counts).length, counts['stream-0'], counts['others']]).toEqual([51, 2, 3]);
  });
});
