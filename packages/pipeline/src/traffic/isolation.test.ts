/** What one tenant has counted takes nothing from another's share of what is bounded. */
import fc from 'fast-check';
import { asAddress, asTenant, DEFAULT_POLICY, HOUR, QUARTER, recipientKey } from '@desist/domain';
import type { BaselineAnswer, DeliveryEvent, PolicySet } from '@desist/domain';
import { describe, expect, it } from 'vitest';
import { fairLevel } from './fair-share.ts';
import { createIncidentCounts } from './incident-counts.ts';
import type { TenantProvider } from './tenant-provider.ts';
import { createTraffic } from './traffic.ts';
import type { Traffic } from './traffic.ts';

const AT = Date.UTC(2026, 2, 1, 12);
/** Of a commit, as far as it concerns the baseline. */
const COMMIT = { now: 0, present: 0 };
const POLICIES: PolicySet = { version: 'sha256:test', base: DEFAULT_POLICY, tenants: new Map() };
const WINDOW = DEFAULT_POLICY.contrast.window;

describe('the level of fair shares', () => {
  it('is the highest level at which all sizes, each cut to it, fit', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 50 }), { maxLength: 12 }), fc.integer({ min: 1, max: 200 }), (sizes, bound) => {
        const level = fairLevel(sizes, bound);
        const cutTo = (most: number): number => sizes.reduce((sum, size) => sum + Math.min(size, most), 0);
        expect(cutTo(level)).toBeLessThanOrEqual(bound);
        if (Number.isFinite(level)) expect(cutTo(level + 1)).toBeGreaterThan(bound);
        expect(level).toBeGreaterThanOrEqual(Math.floor(bound / Math.max(1, sizes.length)));
      }),
    );
  });
});

describe('counts of incidents', () => {
  const MOST = 64;
  const SHARE = MOST / 4;
  const step = (tenants: readonly string[], providers: number) =>
    fc.record({
      tenant: fc.constantFrom(...tenants),
      provider: fc.nat({ max: providers }),
      quarter: fc.nat({ max: 3 }),
      kind: fc.constantFrom('delivered', 'failed', 'drain'),
    });
  type Step = { readonly tenant: string; readonly provider: number; readonly quarter: number; readonly kind: string };

  function counted(steps: readonly Step[]) {
    const counts = createIncidentCounts([], MOST);
    const places = new Map<string, TenantProvider>();
    const written = new Map<string, unknown>();
    const drain = (now: number): void => {
      for (const row of counts.drain(now)) if (row.tenant === 'acme') written.set(`${row.provider} ${row.at}`, row);
    };
    steps.forEach(({ tenant, provider, quarter, kind }, index) => {
      const name = `p${provider}`;
      const none = {
        policy: DEFAULT_POLICY,
        window: undefined,
        opensAt: 0,
        closesAt: 0,
        quarter: undefined,
        counts: undefined,
        peeked: [],
      };
      const place = places.get(`${tenant} ${name}`) ?? { tenant: asTenant(tenant), provider: name, ...none };
      places.set(`${tenant} ${name}`, place);
      if (kind === 'delivered') counts.delivered(place, AT + quarter * QUARTER);
      else if (kind === 'failed') counts.failed(asTenant(tenant), name, AT + quarter * QUARTER, '550 5.1.1 no');
      else drain(index * 10_000);
    });
    drain(Number.MAX_SAFE_INTEGER);
    return { written, atHand: [0, 1, 2, 3].flatMap((provider) => counts.of(asTenant('acme'), `p${provider}`)) };
  }

  it('of a tenant within its share do not depend on other tenants, in memory and in what is written', () => {
    // 4 providers in 4 quarters: a quarter of the bound, which is less than half of it for each of two tenants.
    expect(SHARE).toBe(4 * 4);
    fc.assert(
      fc.property(
        fc.array(step(['acme'], 3), { maxLength: 60 }),
        fc.array(step(['mallory'], 400), { maxLength: 600 }),
        fc.nat(),
        (own, other, mix) => {
          const mixed: Step[] = [...other];
          own.forEach((one, index) => mixed.splice(Math.floor(((index + 1) * mixed.length) / (own.length + 1 + (mix % 3))), 0, one));
          const order = mixed.filter(({ tenant }) => tenant === 'acme');
          expect(counted(mixed)).toEqual(counted(order));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('are bounded, however many tenants there are', () => {
    const counts = createIncidentCounts([], MOST);
    for (let n = 0; n < 500; n += 1) counts.failed(asTenant(`t${n}`), 'gmail', AT, null);
    expect(counts.of(null, 'gmail').length).toBeLessThanOrEqual(MOST);
    expect(counts.of(asTenant('t499'), 'gmail')).toHaveLength(1);
  });
});

describe('windows of the baseline', () => {
  const providerOf = (domain: string): string => domain;
  const create = (baseline: readonly string[] = []): Traffic =>
    createTraffic({ policies: POLICIES, providerOf, stored: { baseline, incidentCounts: [], rollups: null } });
  function deliver(traffic: Traffic, tenant: string, domain: string, at: number): void {
    const recipient = `x${at}@${domain}`;
    const event: DeliveryEvent = {
      id: recipient,
      tenant: asTenant(tenant),
      recipient: asAddress(recipient),
      type: 'delivered',
      stream: 's',
      occurredAt: at,
    };
    traffic.delivered(event, recipientKey(asTenant(tenant), asAddress(recipient)), AT);
  }
  const acmeIn = (traffic: Traffic, begin: number): void => {
    for (let n = 0; n < 40; n += 1) deliver(traffic, 'acme', `own${n % 2}.example`, begin + n);
  };
  const answers = (traffic: Traffic): readonly (BaselineAnswer | undefined)[] =>
    [0, 1].flatMap((n) => [1, 2].map((window) => traffic.askOf(asTenant('acme'))(`own${n}.example`, AT + window * WINDOW)));

  it('of a tenant are counted whatever others invented before, also after the partition changed its owner', () => {
    const expected = create();
    acmeIn(expected, AT);
    acmeIn(expected, AT + WINDOW);
    expected.close(AT + 3 * WINDOW);
    expect(answers(expected).every((answer) => answer?.passes === true)).toBe(true);

    const traffic = create();
    for (const tenant of ['mallory', 'trudy']) for (let n = 0; n < 21_000; n += 1) deliver(traffic, tenant, `d${n}.example`, AT + n);
    acmeIn(traffic, AT);
    acmeIn(traffic, AT + WINDOW);
    const stored = traffic.drain(COMMIT).baseline?.body ?? '';
    // The first gets half, the second half of what that leaves.
    expect((JSON.parse(stored) as { open: unknown[] }).open.length).toBe(10_000 + 5_000 + 4);
    for (const one of [traffic, create([stored])]) {
      one.close(AT + 3 * WINDOW);
      one.evict(AT + 3 * WINDOW);
      expect(answers(one)).toEqual(answers(expected));
    }
  });

  it('keep their answers, however many windows of others have closed since', () => {
    const traffic = create();
    acmeIn(traffic, AT);
    traffic.close(AT + WINDOW);
    let clock = AT + WINDOW;
    for (let window = 0; window < 3; window += 1) {
      for (let n = 0; n < 9_000; n += 1) {
        for (let message = 0; message < 20; message += 1) {
          const recipient = `x${message}@d${n}.example`;
          const event: DeliveryEvent = {
            id: 'any',
            tenant: asTenant('mallory'),
            recipient: asAddress(recipient),
            type: 'delivered',
            stream: 's',
            occurredAt: clock,
          };
          traffic.delivered(event, recipientKey(asTenant('mallory'), asAddress(recipient)), clock);
        }
      }
      clock += WINDOW;
      traffic.close(clock);
      traffic.evict(clock);
    }
    expect(clock).toBeLessThan(AT + 7 * 24 * HOUR);
    const answered = (provider: string, closesAt: number): boolean => traffic.askOf(asTenant('mallory'))(provider, closesAt) !== undefined;
    expect(traffic.askOf(asTenant('acme'))('own0.example', AT + WINDOW)?.passes).toBe(true);
    // Its own oldest went instead.
    expect([answered('d0.example', AT + 2 * WINDOW), answered('d0.example', clock)]).toEqual([false, true]);
  });
});
