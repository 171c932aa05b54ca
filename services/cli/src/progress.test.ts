import { describe, expect, it } from 'vitest';
import { createProgress, progressLine } from './progress.ts';

describe('progress', () => {
  it('says how much is done, how fast, and how long the rest takes', () => {
    expect(progressLine({ unit: 'bytes', total: 80e6, done: 20e6, seconds: 4 })).toBe('20.0 MB of 80.0 MB, 5.0 MB/s, 25 %, 12 s left');
    expect(progressLine({ unit: 'rows', total: undefined, done: 120_000, seconds: 3 })).toBe('120,000 rows, 40,000/s');
    expect(progressLine({ unit: 'bytes', total: 10e9, done: 1e9, seconds: 100 })).toContain('15 min left');
  });

  it('is silent for two seconds, then shows a line at a time', () => {
    let time = 0;
    const shown: string[] = [];
    const progress = createProgress('rows', 100, { now: () => time, isTerminal: false, show: (text) => shown.push(text) });
    for (time = 0; time <= 12_000; time += 100) progress.at(time / 1_000);
    progress.end();
    expect(shown).toHaveLength(3);
    expect(shown[0]).toBe('2 rows of 100 rows, 1/s, 2 %, 98 s left');
  });
});
