import fc from 'fast-check';
import { DEFAULT_POLICY, HOUR } from '@desist/domain';
import type { ContrastAnswer, DeliveryEvent, PolicySet } from '@desist/domain';
import { describe, expect, it } from 'vitest';
import type { Contrast } from './contrast.ts';
import { createContrast } from './contrast.ts';
import { hashOfKey } from './keys.ts';

const POLICIES: PolicySet = { version: 'sha256:test', base: DEFAULT_POLICY, tenants: new Map() };
const NOON = Date.UTC(2026, 2, 1, 12);
const END = NOON + 6 * HOUR;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** `big.example` answers for itself, every other domain by its host. */
function providerOf(domain: string, host = ''): string {
  if (domain === 'big.example') return 'big';
  return host === '' ? domain : host.slice(host.indexOf('.') + 1);
}

const create = (stored: readonly string[] = []): Contrast => createContrast({ policies: POLICIES, providerOf, stored });

interface Delivery {
  readonly to?: string;
  readonly tenant?: string;
  readonly message?: string;
  readonly host?: string;
  readonly at?: number;
  readonly clock?: number;
}

function peeked(
  contrast: Contrast,
  { to = 'x@a.example', tenant = 'acme', message = '', host = '', at = NOON, clock = NOON }: Delivery,
): void {
  const key = bytes(`${tenant}/${to}`);
  const value = bytes(`${message}|${host}`);
  const places = { occurredAt: at, messageStart: 0, messageEnd: message.length, hostStart: message.length + 1, hostEnd: value.length };
  contrast.delivered(key, hashOfKey(key), value, places, clock);
}

function decoded(
  contrast: Contrast,
  { to = 'x@a.example', tenant = 'acme', message = '', host = '', at = NOON, clock = NOON }: Delivery,
): void {
  const event: DeliveryEvent = {
    ...{ id: 'any', tenant, recipient: to, type: 'delivered', stream: 's', occurredAt: at },
    ...(message === '' ? {} : { messageId: message }),
    ...(host === '' ? {} : { remoteHost: host }),
  };
  contrast.deliveredEvent(event, `${tenant}/${to}`, clock);
}

function fail(contrast: Contrast, who: number, { provider = 'a.example', at = NOON, clock = NOON, tenant = 'acme' } = {}): void {
  contrast.failed({ tenant, provider, at, key: `${tenant}/f${who}@a.example` }, clock);
}

function answer(contrast: Contrast, provider = 'a.example', tenant = 'acme', closesAt = END): ContrastAnswer | undefined {
  return contrast.askOf(tenant)(provider, closesAt);
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
  ])('with %i deliveries and %i failing recipients holds: %s', (deliveries, failing, holds) => {
    const contrast = create();
    some(deliveries, (index) => peeked(contrast, { message: `m${index}` }));
    some(failing, (index) => fail(contrast, index));
    expect(answer(contrast)).toBeUndefined();
    contrast.close(END - 1);
    expect(answer(contrast)).toBeUndefined();
    expect(contrast.close(END)).toBe(true);
    expect(answer(contrast)?.holds ?? false).toBe(holds);
    if (holds || failing > 0) expect(answer(contrast)).toEqual({ closesAt: END, holds, deliveries, failing });
  });

  it('lasts six hours of UTC, its first millisecond included and its last excluded', () => {
    const contrast = create();
    some(20, (index) => peeked(contrast, { message: `m${index}`, at: index % 2 === 0 ? NOON : END - 1 }));
    some(30, (index) => peeked(contrast, { message: `m${index}`, at: END }));
    some(30, (index) => peeked(contrast, { message: `m${index}`, at: NOON - 1, clock: NOON - 1 }));
    contrast.close(END + 6 * HOUR);
    expect([NOON, END, END + 6 * HOUR].map((at) => answer(contrast, undefined, undefined, at)?.deliveries)).toEqual([30, 20, 30]);
  });

  it('that is decided stays as it is, whatever comes late', () => {
    const contrast = create();
    some(20, (index) => peeked(contrast, { message: `m${index}` }));
    contrast.close(END);
    some(50, (index) => fail(contrast, index, { clock: END }));
    some(50, (index) => peeked(contrast, { message: `late${index}`, clock: END }));
    contrast.close(END + 12 * HOUR);
    expect(answer(contrast)).toEqual({ closesAt: END, holds: true, deliveries: 20, failing: 0 });
  });

  it('that nobody was delivered in is known only by its failures', () => {
    const contrast = create();
    fail(contrast, 1);
    contrast.close(END);
    expect(answer(contrast)).toEqual({ closesAt: END, holds: false, deliveries: 0, failing: 1 });
    expect(answer(contrast, 'b.example')).toBeUndefined();
  });

  it('is forgotten a week after its end', () => {
    const contrast = create();
    some(20, (index) => peeked(contrast, { message: `m${index}` }));
    contrast.close(END);
    const week = 7 * 24 * HOUR;
    fail(contrast, 1, { at: END + week - 1, clock: END });
    contrast.close(END + week);
    contrast.forget(END + week);
    expect(answer(contrast)?.holds).toBe(true);
    fail(contrast, 1, { at: END + week + 1, clock: END + week });
    contrast.close(END + week + 6 * HOUR);
    contrast.forget(END + week + 6 * HOUR);
    expect(answer(contrast)).toBeUndefined();
  });
});

describe('what is counted', () => {
  it('a delivery once, however often it comes and however it is read', () => {
    const contrast = create();
    some(20, (index) => {
      const one = { message: `m${index}`, to: `r${index % 3}@a.example`, host: 'mx.a.example', at: NOON + index };
      some(3, () => peeked(contrast, one));
      decoded(contrast, one);
    });
    fail(contrast, 1);
    fail(contrast, 1, { at: NOON + 1 });
    contrast.close(END);
    expect(answer(contrast)).toMatchObject({ deliveries: 20, failing: 1 });
  });

  it('deliveries that differ in recipient, message or time alone', () => {
    const contrast = create();
    some(10, (index) => peeked(contrast, { to: `r${index}@a.example` }));
    some(10, (index) => peeked(contrast, { message: `m${index}` }));
    some(10, (index) => peeked(contrast, { at: NOON + 1 + index }));
    contrast.close(END);
    expect(answer(contrast)?.deliveries).toBe(30);
  });

  it('each tenant and provider on its own; the host that answered tells the provider where the domain does not', () => {
    const contrast = create();
    some(20, (index) => {
      peeked(contrast, { message: `m${index}`, tenant: 'other' });
      peeked(contrast, { message: `m${index}`, to: 'x@hosted.example', host: `mx${index % 3}.cloud.example` });
      decoded(contrast, { message: `m${index}`, to: 'x@vanity.example', host: 'mx.cloud.example' });
      peeked(contrast, { message: `m${index}`, to: 'x@big.example', host: 'mx.cloud.example' });
    });
    contrast.close(END);
    expect(answer(contrast)).toBeUndefined();
    expect(answer(contrast, 'a.example', 'other')?.deliveries).toBe(20);
    expect(answer(contrast, 'cloud.example')?.deliveries).toBe(40);
    expect(answer(contrast, 'big')?.deliveries).toBe(20);
  });

  it('no more windows at once than there is room for: what comes above is not counted', () => {
    const contrast = create();
    some(10_100, (index) => some(20, (turn) => peeked(contrast, { to: `x@d${index}.example`, message: `m${turn}` })));
    contrast.close(END);
    expect([0, 9_999, 10_000, 10_099].map((index) => answer(contrast, `d${index}.example`)?.holds)).toEqual([
      true,
      true,
      undefined,
      undefined,
    ]);
  });
});

describe('what is stored', () => {
  it('makes the same windows again, wherever it was cut and however often a part was written', () => {
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
          const write = crashing.take();
          if (write !== null) stored = [...(write.replaces ? [] : stored), write.body, ...(twice ? [write.body] : [])];
          undone = [];
        };
        let clock = NOON;
        const both = (work: (contrast: Contrast) => void): void => {
          work(through);
          work(crashing);
          undone.push(() => work(crashing));
        };
        for (const { who, hours, domain, kind } of steps) {
          const at = NOON + hours * HOUR;
          clock = Math.max(clock, at - 3 * HOUR);
          const now = clock;
          both((contrast) => contrast.close(now));
          if (kind === 'take') save();
          else if (kind === 'crash') {
            crashing = create(stored);
            for (const again of undone) again();
          } else if (kind === 'failed') both((contrast) => fail(contrast, who, { provider: domain, at, clock: now }));
          else both((contrast) => some(9, (turn) => peeked(contrast, { to: `r${who}@${domain}`, message: `m${turn}`, at, clock: now })));
        }
        save();
        crashing = create(stored);
        for (const contrast of [through, crashing]) contrast.close(NOON + 48 * HOUR);
        for (const closesAt of [0, 1, 2, 3, 4].map((turn) => END + turn * 6 * HOUR)) {
          for (const domain of ['a.example', 'b.example']) {
            expect(answer(crashing, domain, 'acme', closesAt)).toEqual(answer(through, domain, 'acme', closesAt));
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  it('is written anew when what was added has grown, and nothing when nothing is new', () => {
    const contrast = create();
    expect(contrast.take()).toBeNull();
    const writes = Array.from({ length: 60 }, (_, turn) => {
      some(400, (index) => peeked(contrast, { message: `m${turn}-${index}`, to: `x@d${index % 5}.example` }));
      return contrast.take();
    });
    expect(writes.filter((write) => write?.replaces === true)).toHaveLength(1);
    expect(writes.reduce((sum, write) => sum + (write?.body.length ?? 0), 0)).toBeLessThan(200_000);
    peeked(contrast, { message: 'm0-0', to: 'x@d0.example' });
    expect(contrast.take()).toBeNull();
  });
});
