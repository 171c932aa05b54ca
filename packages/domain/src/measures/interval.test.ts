import { describe, expect, test } from 'vitest';
import { addCluster, clusteredInterval, newClusteredShare, quantile, wilson } from './interval.ts';

describe('Wilson intervals', () => {
  // Found by solving |p − x/n| = z √(p(1 − p)/n) numerically, which is what the interval means.
  test.each([
    [9, 212, 0.0225, 0.0787],
    [0, 10, 0, 0.2775],
    [10, 10, 0.7225, 1],
    [1, 2, 0.0945, 0.9055],
    [50, 100, 0.4038, 0.5962],
  ])('%i of %i', (successes, trials, low, high) => {
    const interval = wilson(successes, trials);
    expect(interval?.low).toBeCloseTo(low, 4);
    expect(interval?.high).toBeCloseTo(high, 4);
    expect(interval?.share).toBe(successes / trials);
  });

  test('say nothing of nothing', () => {
    expect(wilson(0, 0)).toBeNull();
    expect(clusteredInterval(newClusteredShare())).toBeNull();
  });
});

describe('shares in clusters', () => {
  test('of one trial each are those of independent trials, nearly', () => {
    const sums = newClusteredShare();
    for (let i = 0; i < 100; i += 1) addCluster(sums, i < 30 ? 1 : 0, 1);
    const plain = wilson(30, 100);
    expect(clusteredInterval(sums)?.low).toBeCloseTo(plain?.low ?? 0, 2);
    expect(clusteredInterval(sums)?.high).toBeCloseTo(plain?.high ?? 0, 2);
  });

  test('that are alike within know as much as one trial of each', () => {
    const sums = newClusteredShare();
    for (let i = 0; i < 20; i += 1) addCluster(sums, i < 6 ? 50 : 0, 50);
    const [own, plain, few] = [clusteredInterval(sums), wilson(300, 1_000), wilson(6, 20)];
    const width = (one: typeof own): number => (one === null ? 0 : one.high - one.low);
    expect(width(own)).toBeGreaterThan(4 * width(plain));
    expect(width(own)).toBeCloseTo(width(few), 1);
  });

  test('without any difference count their clusters', () => {
    const sums = newClusteredShare();
    for (let i = 0; i < 20; i += 1) addCluster(sums, 50, 50);
    expect(clusteredInterval(sums)).toEqual(wilson(20, 20));
  });
});

test('quantiles lie between the values', () => {
  expect(quantile([], 0.5)).toBeNull();
  expect(quantile([3], 0.9)).toBe(3);
  expect(quantile([1, 2, 3, 4], 0.5)).toBe(2.5);
});
