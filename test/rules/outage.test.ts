/** Contrast over a whole log: one bad address among good ones, and a provider that is down for everybody. */
import { providerOf } from '@desist/verdicts';
import { asAddress, asTenant, DEFAULT_POLICY, explain, HOUR } from '@desist/domain';
import type { DeliveryEvent, PolicySet } from '@desist/domain';
import { createReplay } from '@desist/pipeline';
import type { Replay } from '@desist/pipeline';
import { describe, expect, it } from 'vitest';

const BEGIN = Date.UTC(2026, 2, 1);
const POLICIES: PolicySet = { version: 'sha256:test', base: DEFAULT_POLICY, tenants: new Map() };
const BUSY = { code: 451, enhanced: '4.3.0', text: '451 4.3.0 Temporary system problem' };

function event(hours: number, type: 'delivered' | 'deferred', who: string, tenant = 'acme'): DeliveryEvent {
  const occurredAt = BEGIN + Math.round(hours * HOUR);
  const id = `${type} ${who} ${hours} ${tenant}`;
  return {
    ...{ id, tenant: asTenant(tenant), recipient: asAddress(`${who}@example.com`), type, stream: 'default', messageId: id, occurredAt },
    ...(type === 'deferred' ? { smtp: BUSY } : {}),
  };
}

/** Every three hours for four days one deferral of `bad`, and what else there is. */
function replayed(others: (hours: number) => readonly DeliveryEvent[]): Replay {
  const replay = createReplay({ policies: POLICIES, providerOf });
  const events: DeliveryEvent[] = [];
  for (let hours = 0; hours < 96; hours += 3) events.push(event(hours, 'deferred', 'bad'), ...others(hours + 0.5));
  for (const one of events.toSorted((a, b) => a.occurredAt - b.occurredAt)) replay.fold(one);
  replay.finish();
  return replay;
}

const many = (count: number, one: (index: number) => DeliveryEvent): readonly DeliveryEvent[] =>
  Array.from({ length: count }, (_, i) => one(i));
const held = (replay: Replay): readonly string[] =>
  [...replay.notHealthy()].flatMap(({ address, view }) => view.suppressions.map(({ reason }) => `${address} ${reason}`));

describe('a provider that says 4xx for one address and accepts mail for others', () => {
  it('has it suppressed after 72 hours', () => {
    const replay = replayed((hours) => many(15, (index) => event(hours + index / 1000, 'delivered', `good${index}`)));
    expect(held(replay)).toEqual(['bad@example.com persistent_deferral']);
    const since = replay.find(asTenant('acme'), asAddress('bad@example.com'))?.view.suppressions[0]?.since;
    expect(since).toBe(BEGIN + 72 * HOUR);
  });

  it("does not if the accepted mail was another tenant's", () => {
    expect(held(replayed((hours) => many(15, (index) => event(hours + index / 1000, 'delivered', `good${index}`, 'other'))))).toEqual([]);
  });

  it('does not when one delivery is reported again and again', () => {
    expect(held(replayed((hours) => many(60, () => event(Math.floor(hours / 6) * 6 + 0.5, 'delivered', 'good'))))).toEqual([]);
  });
});

describe('a provider that is down for most', () => {
  it('suppresses nobody, and the explanation says for how many recipients it was down', () => {
    const replay = replayed((hours) => [
      ...many(12, (index) => event(hours + index / 1000, 'delivered', `good${index}`)),
      ...many(60, (index) => event(hours + index / 1000, 'deferred', `down${index}`)),
    ]);
    expect(held(replay)).toEqual([]);
    const { recipient, context } = replay.find(asTenant('acme'), asAddress('bad@example.com')) ?? {};
    const facts = explain(recipient as NonNullable<typeof recipient>, context as NonNullable<typeof context>).facts;
    expect(facts[0]?.why).toEqual({ code: 'provider_failing', deliveries: 24, failing: 61 });
  });
});
