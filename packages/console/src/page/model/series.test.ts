import { describe, expect, test } from 'vitest';
import { byGroup, byMetric, coarsen, halves, shares, stacked, usualBand } from './series.ts';
import type { SeriesAnswer } from './series.ts';

const one = (group: string | null, metric: string, values: (number | null)[]) => ({
  group,
  metric,
  values,
  total: values.reduce<number>((sum, value) => sum + (value ?? 0), 0),
});
const answer: SeriesAnswer = {
  times: ['t0', 't1', 't2', 't3'],
  series: [one('gmail', 'deferred', [1, 0, 3, 0]), one('gmail', 'delivered', [3, 0, 1, 4]), one('other', 'delivered', [2, 2, 2, 2])],
};

describe('series', () => {
  test('by group, and by metric over all groups', () => {
    expect(byGroup(answer, 'delivered').map(({ name, total }) => [name, total])).toEqual([
      ['gmail', 8],
      ['other', 8],
    ]);
    expect(byMetric(answer, ['delivered', 'bounced', 'deferred'])).toMatchObject([
      { name: 'delivered', values: [5, 2, 3, 6], total: 16 },
      { name: 'deferred', values: [1, 0, 3, 0], total: 4 },
    ]);
  });

  test('shares are of the counts, nothing where there are none', () => {
    expect(shares(answer)).toMatchObject([
      { name: 'gmail', values: [0.25, null, 0.75, 0], total: 4 / 12 },
      { name: 'other', values: [0, 0, 0, 0], total: 0 },
    ]);
  });

  test('coarser steps add up, the last one may be short', () => {
    expect(coarsen(answer, 3)).toMatchObject({ times: ['t0', 't3'], series: [{ values: [4, 0] }, { values: [4, 4] }, { values: [6, 2] }] });
    expect(coarsen(answer, 1)).toBe(answer);
  });

  test('two halves, and sums on top of each other', () => {
    expect(halves(answer, 'delivered')).toEqual([7, 9]);
    expect(stacked(byGroup(answer, 'delivered'))).toEqual([
      [3, 0, 1, 4],
      [5, 2, 3, 6],
    ]);
  });

  test('usual is what the same hour had before, when it had enough', () => {
    const days = [0.1, 0.2, 0.3, 0.9].flatMap((value) => [value, value, value]);
    expect(usualBand(days, 3, 3)[1]).toEqual({ low: 0.1, high: 0.3 });
    expect(usualBand([null, null, null, 1, 1, 1], 3, 3)).toEqual([null, null, null]);
  });
});
