/**
 * What one tenant sends or invents decides nothing about another tenant's recipients: whoever is not the hostile tenant has the same
 * states, changes and incidents as in the same story without its events.
 */
import fc from 'fast-check';
import { policySet } from '@desist/contracts';
import { asAddress, asTenant, DEFAULT_POLICY, HOUR, MINUTE } from '@desist/domain';
import type { DeliveryEvent, LogEvent } from '@desist/domain';
import { createReplay } from '@desist/pipeline';
import { providerOf } from '@desist/verdicts';
import { describe, expect, it } from 'vitest';

const RUNS = Math.ceil(Number(process.env['PROPERTY_RUNS'] ?? 10_000) / 100);
const START = Date.UTC(2026, 2, 1);
const OUTAGE = START + 60 * HOUR;
const END = START + 100 * HOUR;
const HOSTILE = 'mallory';
const POLICIES = policySet({ base: DEFAULT_POLICY, tenants: new Map() });
const UNKNOWN = '550 5.1.1 User unknown';
/** Counts by contrast. */
const SYSTEM = '451 4.3.0 Temporary system problem';

let serial = 0;
function event(
  tenant: string,
  type: DeliveryEvent['type'],
  [recipient, occurredAt]: readonly [string, number],
  text?: string,
): DeliveryEvent {
  serial += 1;
  const smtp = text === undefined ? {} : { smtp: { code: Number(text.slice(0, 3)), enhanced: text.slice(4, 9), text } };
  return {
    id: `e${serial}`,
    tenant: asTenant(tenant),
    stream: 'default',
    recipient: asAddress(recipient),
    messageId: `m${serial}`,
    type,
    occurredAt,
    ...smtp,
  };
}

function some(count: number, one: (n: number) => DeliveryEvent): readonly DeliveryEvent[] {
  return Array.from({ length: count }, (_, n) => one(n));
}

/** Two tenants with usual mail. One meets an outage of `outage` recipients at p0, the other has dead addresses there and deferrals at p1. */
const honest = fc
  .record({ outage: fc.constantFrom(0, 19, 20, 60), dead: fc.integer({ min: 0, max: 6 }), stuck: fc.integer({ min: 0, max: 3 }) })
  .map(({ outage, dead, stuck }): readonly LogEvent[] => [
    ...some(1_200, (n) => event('acme', 'delivered', [`user${n % 90}@p${n % 3}.example`, START + n * 5 * MINUTE])),
    ...some(600, (n) => event('beta', 'delivered', [`user${n % 90}@p${n % 2}.example`, START + n * 10 * MINUTE + 1])),
    ...some(outage, (n) => event('acme', 'bounced', [`valid${n}@p0.example`, OUTAGE + n * MINUTE + 2], UNKNOWN)),
    ...some(dead, (n) => event('beta', 'bounced', [`dead${n}@p0.example`, OUTAGE + n * 9 * MINUTE + 3], UNKNOWN)),
    ...some(stuck * 20, (n) => event('beta', 'deferred', [`stuck${n % stuck}@p1.example`, START + n * 4 * HOUR + 4], SYSTEM)),
  ]);

const MINUTES = (END - START) / MINUTE;
const moment = fc.integer({ min: 0, max: MINUTES - 1 }).map((minutes) => START + minutes * MINUTE + 5);
const invented = fc.record({
  type: fc.constantFrom<DeliveryEvent['type']>('bounced', 'bounced', 'deferred', 'delivered', 'complained'),
  domain: fc.oneof(
    fc.constantFrom('p1.example', 'p2.example'),
    fc.integer({ min: 0, max: 30 }).map((n) => `invented${n}.example`),
  ),
  who: fc.constantFrom('user1', 'stuck0', 'dead0', 'x1', 'x2', 'x3', 'x4'),
  at: moment,
  text: fc.constantFrom(UNKNOWN, SYSTEM),
});
/** A burst of invented bounces with deliveries before it, at a provider of the others; at p0 it is over before the outage begins. */
const burst = fc
  .record({ domain: fc.constantFrom('p0.example', 'p1.example', 'p2.example'), count: fc.constantFrom(0, 120, 400), shown: fc.boolean() })
  .map(({ domain, count, shown }) => [
    ...some(shown ? 40 : 0, (n) => event(HOSTILE, 'delivered', [`ok${n}@${domain}`, START + n * MINUTE + 6])),
    ...some(count, (n) => event(HOSTILE, 'bounced', [`nobody${n}@${domain}`, OUTAGE - 20 * MINUTE + n * 2_000 + 6], UNKNOWN)),
  ]);
const hostile = fc
  .tuple(fc.array(invented, { maxLength: 200 }), fc.array(burst, { maxLength: 3 }))
  .map(([all, bursts]) => [
    ...all.map(({ type, domain, who, at, text }) =>
      event(HOSTILE, type, [`${who}@${domain}`, at], type === 'delivered' ? undefined : text),
    ),
    ...bursts.flat(),
  ]);

/** All that concerns anybody but the hostile tenant; without what only says when something was noticed. */
function outcomeOf(events: readonly LogEvent[]): { readonly rows: unknown[]; readonly changes: unknown[]; readonly incidents: unknown[] } {
  const replay = createReplay({ policies: POLICIES, providerOf, until: END });
  const published = events.toSorted((a, b) => a.occurredAt - b.occurredAt).flatMap((one) => replay.fold(one));
  published.push(...replay.finish());
  const changes: unknown[] = [];
  const incidents: unknown[] = [];
  for (const one of published) {
    if ('notice' in one) {
      const { at: _, ...notice } = one.notice;
      if (notice.terms.tenant !== HOSTILE) incidents.push(notice);
    } else if ('sender' in one) {
      const { at: _, ...notice } = one.sender;
      if (notice.place.tenant !== HOSTILE) incidents.push(notice);
    } else if (one.tenant !== HOSTILE) {
      const { recordedAt: _, ...change } = one.change;
      changes.push({ tenant: one.tenant, address: one.address, ...change });
    }
  }
  const rows = [...replay.notHealthy()]
    .filter(({ tenant }) => tenant !== HOSTILE)
    .map(({ tenant, address, view }) => ({ tenant, address, view }));
  return { rows, changes, incidents };
}

describe('a tenant that invents bounces, providers and complaints', () => {
  it('changes nothing for the others', () => {
    let noticed = 0;
    fc.assert(
      fc.property(honest, hostile, (others, own) => {
        const alone = outcomeOf(others);
        noticed += alone.incidents.length;
        expect(outcomeOf([...others, ...own])).toEqual(alone);
      }),
      { numRuns: RUNS },
    );
    // Incidents of the others were among what stayed the same.
    expect(noticed).toBeGreaterThan(0);
  });
});
