import fc from 'fast-check';
import { asAddress, asTenant, DEFAULT_POLICY, HOUR, recipientKey } from '@desist/domain';
import type { BaselineAnswer, DeliveryEvent, FailureFact, PolicySet } from '@desist/domain';
import { describe, expect, it } from 'vitest';
import { NO_REPLY } from '@desist/verdicts';
import { hashOfKey } from './key-hash.ts';
import { createTraffic } from './traffic.ts';
import type { Traffic } from './traffic.ts';

/** Of a commit, as far as it concerns the baseline. */
const COMMIT = { now: 0, present: 0 };
const POLICIES: PolicySet = { version: 'sha256:test', base: DEFAULT_POLICY, tenants: new Map() };
const NOON = Date.UTC(2026, 2, 1, 12);
const END = NOON + 6 * HOUR;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** `big.example` answers for itself, every other domain by its host. */
function providerOf(domain: string, host = ''): string {
  if (domain === 'big.example') return 'big';
  return host === '' ? domain : host.slice(host.indexOf('.') + 1);
}

const create = (baseline: readonly string[] = []): Traffic =>
  createTraffic({ policies: POLICIES, providerOf, stored: { baseline, incidentCounts: [], rollups: null } });

interface Delivery {
  readonly to?: string;
  readonly tenant?: string;
  readonly message?: string;
  readonly host?: string;
  readonly at?: number;
  readonly clock?: number;
}

function peeked(
  traffic: Traffic,
  { to = 'x@a.example', tenant = 'acme', message = '', host = '', at = NOON, clock = NOON }: Delivery,
): void {
  const key = bytes(`${tenant}/${to}`);
  const value = bytes(`${message}|${host}`);
  const offsets = {
    ...{ occurredAt: at, messageStart: 0, messageEnd: message.length, hostStart: message.length + 1, hostEnd: value.length },
    ...{ streamStart: 0, streamEnd: 0, poolStart: 0, poolEnd: 0 },
  };
  traffic.deliveredRecord({ key, keyHash: hashOfKey(key), value, offsets }, clock);
}

function decoded(
  traffic: Traffic,
  { to = 'x@a.example', tenant = 'acme', message = '', host = '', at = NOON, clock = NOON }: Delivery,
): void {
  const event: DeliveryEvent = {
    ...{ id: 'any', tenant: asTenant(tenant), recipient: asAddress(to), type: 'delivered', stream: 's', occurredAt: at },
    ...(message === '' ? {} : { messageId: message }),
    ...(host === '' ? {} : { remoteHost: host }),
  };
  traffic.delivered(event, recipientKey(asTenant(tenant), asAddress(to)), clock);
}

function fail(traffic: Traffic, who: number, { provider = 'a.example', at = NOON, clock = NOON, tenant = 'acme' } = {}): void {
  const classified = { verdict: NO_REPLY, reply: null, provider };
  const failure = {
    kind: 'failure',
    type: 'deferred',
    id: `f${who}`,
    at,
    stream: 's',
    message: null,
    classified,
    causeUnknown: false,
    merged: 0,
  };
  traffic.failed(
    failure as FailureFact,
    { tenant: asTenant(tenant), key: recipientKey(asTenant(tenant), asAddress(`f${who}@a.example`)) },
    [],
    clock,
  );
}

function answer(traffic: Traffic, provider = 'a.example', tenant = 'acme', closesAt = END): BaselineAnswer | undefined {
  return traffic.askOf(asTenant(tenant))(provider, closesAt);
}

function some(count: number, one: (index: number) => void): void {
  for (let index = 0; index < count; index += 1) one(index);
}

describe('a window', () => {
  it.each([
    [19, 0, false],
    [20, 0, true],
    [20, 19, true],
    [20, 20, false],
    [21, 20, true],
    [200, 199, true],
    [200, 200, false],
  ])('with %i deliveries and %i failing recipients passes: %s', (deliveries, failing, passes) => {
    const traffic = create();
    some(deliveries, (index) => peeked(traffic, { message: `m${index}` }));
    some(failing, (index) => fail(traffic, index));
    expect(answer(traffic)).toBeUndefined();
    traffic.close(END - 1);
    expect(answer(traffic)).toBeUndefined();
    expect(traffic.close(END)).toBe(true);
    expect(answer(traffic)?.passes ?? false).toBe(passes);
    if (passes || failing > 0) expect(answer(traffic)).toEqual({ closesAt: END, passes, deliveries, failing });
  });

  it('lasts six hours of UTC, its first millisecond included and its last excluded', () => {
    const traffic = create();
    some(20, (index) => peeked(traffic, { message: `m${index}`, at: index % 2 === 0 ? NOON : END - 1 }));
    some(30, (index) => peeked(traffic, { message: `m${index}`, at: END }));
    some(30, (index) => peeked(traffic, { message: `m${index}`, at: NOON - 1, clock: NOON - 1 }));
    traffic.close(END + 6 * HOUR);
    expect([NOON, END, END + 6 * HOUR].map((at) => answer(traffic, undefined, undefined, at)?.deliveries)).toEqual([30, 20, 30]);
  });

  it('that is decided does not change, whatever comes late', () => {
    const traffic = create();
    some(20, (index) => peeked(traffic, { message: `m${index}` }));
    traffic.close(END);
    some(50, (index) => fail(traffic, index, { clock: END }));
    some(50, (index) => peeked(traffic, { message: `late${index}`, clock: END }));
    traffic.close(END + 12 * HOUR);
    expect(answer(traffic)).toEqual({ closesAt: END, passes: true, deliveries: 20, failing: 0 });
  });

  it('without deliveries is known only by its failures', () => {
    const traffic = create();
    fail(traffic, 1);
    traffic.close(END);
    expect(answer(traffic)).toEqual({ closesAt: END, passes: false, deliveries: 0, failing: 1 });
    expect(answer(traffic, 'b.example')).toBeUndefined();
  });

  it('is forgotten a week after its end', () => {
    const traffic = create();
    some(20, (index) => peeked(traffic, { message: `m${index}` }));
    traffic.close(END);
    const week = 7 * 24 * HOUR;
    fail(traffic, 1, { at: END + week - 1, clock: END });
    traffic.close(END + week);
    traffic.evict(END + week);
    expect(answer(traffic)?.passes).toBe(true);
    fail(traffic, 1, { at: END + week + 1, clock: END + week });
    traffic.close(END + week + 6 * HOUR);
    traffic.evict(END + week + 6 * HOUR);
    expect(answer(traffic)).toBeUndefined();
  });
});

describe('what is counted', () => {
  it('a delivery is counted once, however often it comes and whether it is decoded or only peeked at', () => {
    const traffic = create();
    some(20, (index) => {
      const one = { message: `m${index}`, to: `r${index % 3}@a.example`, host: 'mx.a.example', at: NOON + index };
      some(3, () => peeked(traffic, one));
      decoded(traffic, one);
    });
    fail(traffic, 1);
    fail(traffic, 1, { at: NOON + 1 });
    traffic.close(END);
    expect(answer(traffic)).toMatchObject({ deliveries: 20, failing: 1 });
  });

  it('deliveries that differ only in recipient, message or time are counted separately', () => {
    const traffic = create();
    some(10, (index) => peeked(traffic, { to: `r${index}@a.example` }));
    some(10, (index) => peeked(traffic, { message: `m${index}` }));
    some(10, (index) => peeked(traffic, { at: NOON + 1 + index }));
    traffic.close(END);
    expect(answer(traffic)?.deliveries).toBe(30);
  });

  it('each tenant and provider is counted separately; the host that answered names the provider where the domain does not', () => {
    const traffic = create();
    some(20, (index) => {
      peeked(traffic, { message: `m${index}`, tenant: 'other' });
      peeked(traffic, { message: `m${index}`, to: 'x@hosted.example', host: `mx${index % 3}.cloud.example` });
      decoded(traffic, { message: `m${index}`, to: 'x@vanity.example', host: 'mx.cloud.example' });
      peeked(traffic, { message: `m${index}`, to: 'x@big.example', host: 'mx.cloud.example' });
    });
    traffic.close(END);
    expect(answer(traffic)).toBeUndefined();
    expect(answer(traffic, 'a.example', 'other')?.deliveries).toBe(20);
    expect(answer(traffic, 'cloud.example')?.deliveries).toBe(40);
    expect(answer(traffic, 'big')?.deliveries).toBe(20);
  });

  it('windows are limited in number: what would need one more is not counted', () => {
    const traffic = create();
    some(10_100, (index) => some(20, (turn) => peeked(traffic, { to: `x@d${index}.example`, message: `m${turn}` })));
    traffic.close(END);
    expect([0, 9_999, 10_000, 10_099].map((index) => answer(traffic, `d${index}.example`)?.passes)).toEqual([
      true,
      true,
      undefined,
      undefined,
    ]);
  });
});

describe('what is stored', () => {
  it('rebuilds the same windows, wherever it was cut and however often a part was written', () => {
    const step = fc.record({
      who: fc.nat({ max: 3_000 }),
      hours: fc.nat({ max: 20 }),
      domain: fc.constantFrom('a.example', 'b.example'),
      kind: fc.constantFrom('delivered', 'delivered', 'delivered', 'failed', 'take', 'crash'),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), fc.boolean(), (steps, twice) => {
        const through = create();
        let crashing = create();
        let stored: string[] = [];
        let undone: (() => void)[] = [];
        const save = (): void => {
          const write = crashing.drain(COMMIT).baseline;
          if (write !== null) stored = [...(write.replaces ? [] : stored), write.body, ...(twice ? [write.body] : [])];
          undone = [];
        };
        let clock = NOON;
        const both = (work: (traffic: Traffic) => void): void => {
          work(through);
          work(crashing);
          undone.push(() => work(crashing));
        };
        for (const { who, hours, domain, kind } of steps) {
          const at = NOON + hours * HOUR;
          clock = Math.max(clock, at - 3 * HOUR);
          const now = clock;
          both((traffic) => traffic.close(now));
          if (kind === 'take') save();
          else if (kind === 'crash') {
            crashing = create(stored);
            for (const again of undone) again();
          } else if (kind === 'failed') both((traffic) => fail(traffic, who, { provider: domain, at, clock: now }));
          else both((traffic) => some(9, (turn) => peeked(traffic, { to: `r${who}@${domain}`, message: `m${turn}`, at, clock: now })));
        }
        save();
        crashing = create(stored);
        for (const traffic of [through, crashing]) traffic.close(NOON + 48 * HOUR);
        for (const closesAt of [0, 1, 2, 3, 4].map((turn) => END + turn * 6 * HOUR)) {
          for (const domain of ['a.example', 'b.example']) {
            expect(answer(crashing, domain, 'acme', closesAt)).toEqual(answer(through, domain, 'acme', closesAt));
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  it('is written as a whole once the additions have grown; nothing is written if nothing is new', () => {
    const traffic = create();
    expect(traffic.drain(COMMIT).baseline).toBeNull();
    const writes = Array.from({ length: 60 }, (_, turn) => {
      some(400, (index) => peeked(traffic, { message: `m${turn}-${index}`, to: `x@d${index % 5}.example` }));
      return traffic.drain(COMMIT).baseline;
    });
    expect(writes.filter((write) => write?.replaces === true)).toHaveLength(1);
    expect(writes.reduce((sum, write) => sum + (write?.body.length ?? 0), 0)).toBeLessThan(200_000);
    peeked(traffic, { message: 'm0-0', to: 'x@d0.example' });
    expect(traffic.drain(COMMIT).baseline).toBeNull();
  });
});
