import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LIMIT, Sketch, spread } from './sketch.ts';

const of = (hashes: readonly number[]): Sketch => {
  const sketch = new Sketch();
  for (const hash of hashes) sketch.add(hash);
  return sketch;
};
const sorted = (sketch: Sketch): readonly number[] => sketch.hashes().toSorted((a, b) => a - b);

describe('a sketch', () => {
  it('is exact up to its limit, zero among them, whatever is repeated', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer(), { maxLength: LIMIT }), (hashes) => {
        expect(of([...hashes, ...hashes]).count()).toBe(hashes.length);
        expect(sorted(of(hashes))).toEqual(hashes.toSorted((a, b) => a - b));
      }),
    );
    expect(of([0, 0]).count()).toBe(1);
  });

  it('depends only on the set of what was added, beyond its limit and after a round trip too', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 5_000 }), fc.integer(), fc.nat({ max: 20 }), (count, seed, cut) => {
        const hashes = Array.from({ length: count }, (_, index) => spread(index ^ seed));
        const once = of(hashes);
        const middle = Math.floor((count * cut) / 20);
        const again = of([...of(hashes.slice(middle)).hashes(), ...hashes.slice(middle), ...hashes.slice(0, middle).toReversed()]);
        expect(again.count()).toBe(once.count());
        expect(sorted(again)).toEqual(sorted(once));
        expect(once.hashes().length).toBeLessThanOrEqual(LIMIT);
      }),
      { numRuns: 100 },
    );
  });

  it('says for each addition whether it is new, so that the new ones alone rebuild it', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 3_000 }), { maxLength: 4_000 }), (numbers) => {
        const sketch = new Sketch();
        const additions = numbers.map(spread).filter((hash) => sketch.add(hash));
        expect(sorted(of(additions))).toEqual(sorted(sketch));
        expect(of(additions).count()).toBe(sketch.count());
      }),
      { numRuns: 100 },
    );
  });

  it.each([1_000, 20_000, 300_000])('estimates %i within a fifth', (count) => {
    const sketch = of(Array.from({ length: count }, (_, index) => spread(Math.imul(index, 0x01000193))));
    expect(Math.abs(sketch.count() - count) / count).toBeLessThan(0.2);
  });
});
