import fc from 'fast-check';
import { DEFAULT_POLICY, HOUR, NO_REPLY, QUARTER, quarterOf } from '@desist/domain';
import type { Fact, FailureFact } from '@desist/domain';
import { describe, expect, it } from 'vitest';
import type { Watch } from './counts.ts';
import { begins, createIncidentCounts } from './counts.ts';

const AT = Date.UTC(2026, 2, 1);

function failed(id: string, at: number): FailureFact {
  const verdict = { ...NO_REPLY, category: 'user_unknown', attribution: 'recipient' } as const;
  const judged = { verdict, reply: '550 5.1.1 unknown', provider: 'gmail' };
  return { kind: 'failure', type: 'bounced', id, at, stream: 'default', message: null, judged, causeUnknown: false, merged: 0 };
}

describe('a recipient begins to fail', () => {
  it('with a failure that has none within two days of it, before or after', () => {
    const one = failed('a', AT);
    for (const hours of [-47, 47]) expect(begins(one, [failed('b', AT + hours * HOUR)], DEFAULT_POLICY)).toBe(false);
    for (const hours of [-48, 48]) expect(begins(one, [failed('b', AT + hours * HOUR)], DEFAULT_POLICY)).toBe(true);
  });

  it('with nothing that is known already, whatever it was taken for then', () => {
    const known: Fact = { kind: 'delivered', id: 'a', at: AT - 90 * HOUR, stream: 'default', message: null };
    expect(begins(failed('a', AT), [], DEFAULT_POLICY)).toBe(true);
    expect(begins(failed('a', AT), [known], DEFAULT_POLICY)).toBe(false);
  });
});

describe('counts', () => {
  it('go on where the partition before stood, and come out as they are now, each once', () => {
    const counts = createIncidentCounts([
      { provider: 'gmail', at: AT, failing: 2, delivered: 7, codes: [{ code: '550 5.1.1', count: 2 }], samples: ['550 5.1.1 a'] },
    ]);
    expect(counts.take(0)).toEqual([]);
    counts.failed('gmail', AT + 1, '550 5.1.1 b');
    counts.delivered(counts.watch('gmail'), AT + 2);
    const now = { provider: 'gmail', at: AT, failing: 3, delivered: 8, codes: [{ code: '550 5.1.1', count: 3 }] };
    expect(counts.take(0)).toEqual([{ ...now, samples: ['550 5.1.1 a', '550 5.1.1 b'] }]);
    expect(counts.take(60_000)).toEqual([]);
  });

  it('of deliveries alone are written now and then', () => {
    const counts = createIncidentCounts([]);
    const watch = counts.watch('gmail');
    counts.delivered(watch, AT);
    expect(counts.take(0)).toHaveLength(1);
    counts.delivered(watch, AT);
    expect(counts.take(4_999)).toEqual([]);
    expect(counts.take(5_000)).toMatchObject([{ delivered: 2 }]);
  });

  it('name a quarter of a provider once, with all that was counted in it since it was last let go of', () => {
    const MOST = 16;
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            provider: fc.integer({ min: 0, max: 9 }),
            quarter: fc.integer({ min: 0, max: 9 }),
            kind: fc.constantFrom('delivered', 'failed', 'take'),
          }),
          { minLength: 100, maxLength: 300 },
        ),
        (steps) => {
          const counts = createIncidentCounts([], MOST);
          const watches = Array.from({ length: 10 }, (_, n) => counts.watch(`p${n}`));
          let now = 0;
          for (const { provider, quarter, kind } of steps) {
            const at = AT + quarter * QUARTER + 1;
            const before = counts.at(`p${provider}`, quarterOf(at));
            const { delivered = 0, failing = 0 } = before ?? {};
            if (kind === 'delivered') {
              counts.delivered(watches[provider] as Watch, at);
              expect(counts.at(`p${provider}`, quarterOf(at))).toMatchObject({ delivered: delivered + 1, failing });
            } else if (kind === 'failed') {
              counts.failed(`p${provider}`, at, null);
              expect(counts.at(`p${provider}`, quarterOf(at))).toMatchObject({ delivered, failing: failing + 1 });
            } else {
              const taken = counts.take((now += 10_000));
              expect(new Set(taken.map((one) => `${one.provider} ${one.at}`)).size).toBe(taken.length);
              for (const one of taken)
                expect(counts.at(one.provider, one.at)).toMatchObject({ delivered: one.delivered, failing: one.failing });
            }
          }
          const held = watches.flatMap(({ provider }) => counts.of(provider));
          expect(held.length).toBeLessThanOrEqual(MOST);
        },
      ),
    );
  });

  it('are bounded: what a few deliveries say goes first', () => {
    const counts = createIncidentCounts([]);
    counts.failed('small.example', AT, null);
    for (let n = 0; n < 30_000; n += 1) counts.delivered(counts.watch(`d${n}.example`), AT);
    expect(counts.of('small.example')).toHaveLength(1);
    const left = Array.from({ length: 30_000 }, (_, n) => counts.of(`d${n}.example`).length).reduce((sum, one) => sum + one, 0);
    expect(left).toBeLessThan(20_000);
    expect(counts.of('d29999.example')).toHaveLength(1);
  });
});
