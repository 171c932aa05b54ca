import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asAddress, asTenant, recipientKey } from '@desist/domain';
import type { RecipientKey } from '@desist/domain';
import { createDeadlines } from './deadlines.ts';

type Step =
  | { readonly kind: 'track'; readonly key: RecipientKey; readonly due: number | null }
  | { readonly kind: 'untrack'; readonly key: RecipientKey }
  | { readonly kind: 'pop'; readonly clock: number; readonly limit: number };

const key = fc.nat({ max: 20 }).map((n) => recipientKey(asTenant('t'), asAddress(`r${n}@example.com`)));
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('track' as const), key, due: fc.option(fc.nat({ max: 50 })) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('untrack' as const), key }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('pop' as const), clock: fc.nat({ max: 60 }), limit: fc.nat({ max: 5 }) }) },
);

describe('deadlines', () => {
  it('equal those of a plain map after any sets, removals and pops, and the heap stays bounded', () => {
    fc.assert(
      // Long enough for the heap to be built anew several times.
      fc.property(fc.array(step, { minLength: 100, maxLength: 200 }), fc.integer({ min: 1, max: 60 }), (steps, repeats) => {
        const deadlines = createDeadlines();
        const model = new Map<RecipientKey, number>();
        for (let round = 0; round < repeats; round += 1) {
          for (const one of steps) apply(one, deadlines, model);
          const pending = [...model.values()].filter(Number.isFinite).length;
          expect(deadlines.entries()).toBeLessThanOrEqual(1_024 + 3 * pending);
        }
        expect(deadlines.size()).toBe(model.size);
        for (const [name, due] of model) {
          expect(deadlines.isDue(name, Math.min(due, 1_000) - 1)).toBe(false);
          expect(deadlines.isDue(name, 1_000)).toBe(Number.isFinite(due));
        }
        const inOrder = [...model.values()].filter(Number.isFinite).sort((a, b) => a - b);
        expect(deadlines.popDue(Number.MAX_SAFE_INTEGER, 1_000).map((name) => model.get(name))).toEqual(inOrder);
      }),
      { numRuns: 100 },
    );
  });

  it('of one recipient, set a million times, cost no more than one set once', () => {
    const deadlines = createDeadlines();
    let most = 0;
    for (let n = 0; n < 1_000_000; n += 1) {
      deadlines.track(recipientKey(asTenant('t'), asAddress('hot@example.com')), 1_000_000_000_000 + n * 600);
      most = Math.max(most, deadlines.entries());
    }
    expect(most).toBeLessThan(1_100);
    expect(deadlines.popDue(Number.MAX_SAFE_INTEGER, 10)).toEqual(['t/hot@example.com']);
  });
});

function apply(one: Step, deadlines: ReturnType<typeof createDeadlines>, model: Map<RecipientKey, number>): void {
  switch (one.kind) {
    case 'track':
      deadlines.track(one.key, one.due);
      model.set(one.key, one.due ?? Number.POSITIVE_INFINITY);
      return;
    case 'untrack':
      deadlines.untrack(one.key);
      model.delete(one.key);
      return;
    case 'pop': {
      const popped = deadlines.popDue(one.clock, one.limit);
      const due = [...model].filter(([, at]) => at <= one.clock).sort((a, b) => a[1] - b[1]);
      expect(popped.map((name) => model.get(name))).toEqual(due.slice(0, one.limit).map(([, at]) => at));
      for (const name of popped) model.set(name, Number.POSITIVE_INFINITY);
      return;
    }
    default:
      one satisfies never;
  }
}
