import fc from 'fast-check';
import { asTenant, DEFAULT_POLICY, HOUR, QUARTER, quarterOf } from '@desist/domain';
import { NO_REPLY } from '@desist/verdicts';
import type { Fact, FailureFact } from '@desist/domain';
import { describe, expect, it } from 'vitest';
import type { TenantProvider } from './tenant-provider.ts';
import { begins, createIncidentCounts } from './incident-counts.ts';

const ACME = asTenant('acme');

const AT = Date.UTC(2026, 2, 1);

function at(provider: string): TenantProvider {
  return {
    tenant: ACME,
    provider,
    policy: DEFAULT_POLICY,
    window: undefined,
    opensAt: 0,
    closesAt: 0,
    quarter: undefined,
    counts: undefined,
    peeked: [],
  };
}

function failed(id: string, at: number): FailureFact {
  const verdict = { ...NO_REPLY, category: 'user_unknown', attribution: 'recipient' } as const;
  const classified = { verdict, reply: '550 5.1.1 unknown', provider: 'gmail' };
  return { kind: 'failure', type: 'bounced', id, at, stream: 'default', message: null, classified, causeUnknown: false, merged: 0 };
}

describe('a recipient begins to fail', () => {
  it('with a failure that has no other within two days before or after it', () => {
    const one = failed('a', AT);
    for (const hours of [-47, 47]) expect(begins(one, [failed('b', AT + hours * HOUR)], DEFAULT_POLICY)).toBe(false);
    for (const hours of [-48, 48]) expect(begins(one, [failed('b', AT + hours * HOUR)], DEFAULT_POLICY)).toBe(true);
  });

  it('with no failure that is already known, whatever its verdict was then', () => {
    const known: Fact = { kind: 'delivered', id: 'a', at: AT - 90 * HOUR, stream: 'default', message: null };
    expect(begins(failed('a', AT), [], DEFAULT_POLICY)).toBe(true);
    expect(begins(failed('a', AT), [known], DEFAULT_POLICY)).toBe(false);
  });
});

describe('counts', () => {
  it("continue from the earlier owner's counts, and each changed one is written once, as it is now", () => {
    const counts = createIncidentCounts([
      {
        tenant: ACME,
        provider: 'gmail',
        at: AT,
        failing: 2,
        delivered: 7,
        codes: [{ code: '550 5.1.1', count: 2 }],
        samples: ['550 5.1.1 a'],
      },
    ]);
    expect(counts.drain(0)).toEqual([]);
    counts.failed(ACME, 'gmail', AT + 1, '550 5.1.1 b');
    counts.delivered(at('gmail'), AT + 2);
    const now = { tenant: 'acme', provider: 'gmail', at: AT, failing: 3, delivered: 8, codes: [{ code: '550 5.1.1', count: 3 }] };
    expect(counts.drain(0)).toEqual([{ ...now, samples: ['550 5.1.1 a', '550 5.1.1 b'] }]);
    expect(counts.drain(60_000)).toEqual([]);
  });

  it('with only deliveries are written from time to time', () => {
    const counts = createIncidentCounts([]);
    const gmail = at('gmail');
    counts.delivered(gmail, AT);
    expect(counts.drain(0)).toHaveLength(1);
    counts.delivered(gmail, AT);
    expect(counts.drain(4_999)).toEqual([]);
    expect(counts.drain(5_000)).toMatchObject([{ delivered: 2 }]);
  });

  it('name a quarter of a provider once, with everything counted since it was last written', () => {
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
          const providers = Array.from({ length: 10 }, (_, n) => at(`p${n}`));
          let now = 0;
          for (const { provider, quarter, kind } of steps) {
            const moment = AT + quarter * QUARTER + 1;
            const before = counts.at(ACME, `p${provider}`, quarterOf(moment));
            const { delivered = 0, failing = 0 } = before ?? {};
            if (kind === 'delivered') {
              counts.delivered(providers[provider] as TenantProvider, moment);
              expect(counts.at(ACME, `p${provider}`, quarterOf(moment))).toMatchObject({ delivered: delivered + 1, failing });
            } else if (kind === 'failed') {
              counts.failed(ACME, `p${provider}`, moment, null);
              expect(counts.at(ACME, `p${provider}`, quarterOf(moment))).toMatchObject({ delivered, failing: failing + 1 });
            } else {
              const taken = counts.drain((now += 10_000));
              expect(new Set(taken.map((one) => `${one.provider} ${one.at}`)).size).toBe(taken.length);
              for (const one of taken)
                expect(counts.at(ACME, one.provider, one.at)).toMatchObject({ delivered: one.delivered, failing: one.failing });
            }
          }
          const held = providers.flatMap(({ provider }) => counts.of(ACME, provider));
          expect(held.length).toBeLessThanOrEqual(MOST);
        },
      ),
    );
  });

  it('are bounded: quarters with few deliveries are dropped first', () => {
    const counts = createIncidentCounts([]);
    counts.failed(ACME, 'small.example', AT, null);
    for (let n = 0; n < 30_000; n += 1) counts.delivered(at(`d${n}.example`), AT);
    expect(counts.of(ACME, 'small.example')).toHaveLength(1);
    const left = Array.from({ length: 30_000 }, (_, n) => counts.of(ACME, `d${n}.example`).length).reduce((sum, one) => sum + one, 0);
    expect(left).toBeLessThan(20_000);
    expect(counts.of(ACME, 'd29999.example')).toHaveLength(1);
  });
});
