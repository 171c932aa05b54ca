import { describe, expect, it } from 'vitest';
import type { Fact, FailureFact } from '../recipient/types.ts';
import { NO_REPLY } from '../verdict/categories.ts';
import type { Incident, IncidentTerms } from './incident.ts';
import { codesOf, concerning, incidentIdOf, incidentOf, isInside, marked } from './incident.ts';

const AT = Date.UTC(2026, 2, 1, 12);
const TERMS: IncidentTerms = { tenant: null, provider: null, domain: null, code: null, text: null, from: AT, until: AT + 100 };

const incident = (terms: Partial<IncidentTerms> = {}, more: Partial<Incident> = {}): Incident => ({
  ...{ id: 'a', revision: 1, holds: true, terms: { ...TERMS, ...terms } },
  ...more,
});

function failure(
  more: Partial<FailureFact> = {},
  reply: string | null = '550-5.1.1 No Such user',
  provider: string | null = 'gmail',
): FailureFact {
  const judged = { verdict: NO_REPLY, reply, provider };
  return { kind: 'failure', type: 'bounced', id: 'x', at: AT, stream: 's', message: null, judged, causeUnknown: false, merged: 0, ...more };
}

describe('names', () => {
  it('say whose incident it is and when it began, and the same one has the same name', () => {
    expect(incidentIdOf('gmail', 0)).toBe('gmail-0');
    expect(incidentIdOf('mx.example.com', 900_000 * 36)).toBe('mx_example_com-10');
    expect(incidentIdOf('gmail', 900_000 * 36 + 899_999)).toBe('gmail-10');
    expect(incidentIdOf('a b/ü_-Z9', 0)).toBe('ab_-Z9-0');
    expect(incidentIdOf('x'.repeat(60), 0)).toBe(`${'x'.repeat(48)}-0`);
  });
});

describe('codes', () => {
  it.each([
    ['550 5.1.1 no such user', '550 5.1.1'],
    ['550-5.1.1 no such user', '550 5.1.1'],
    ['421 try later', '421'],
    ['5.7.1 refused', '5.7.1'],
    ['4.4.123 x', '4.4.123'],
    ['4.44.1 x', '4.44.1'],
    ['2.0.0 OK', '2.0.0'],
    ['550 3.1.1 x', '550'],
    ['no code, but 550 5.1.1', ''],
    ['', ''],
  ])('%j says %j', (reply, codes) => {
    expect(codesOf(reply)).toBe(codes);
  });
});

describe('whom it concerns', () => {
  it('is a matter of tenant and domain, where it names them', () => {
    const one = (terms: Partial<IncidentTerms>): boolean => concerning([incident(terms)], 'acme', 'example.com').length === 1;
    expect(one({})).toBe(true);
    expect([one({ tenant: 'acme' }), one({ tenant: 'other' })]).toEqual([true, false]);
    expect([one({ domain: 'example.com' }), one({ domain: 'example.org' })]).toEqual([true, false]);
    expect(one({ tenant: 'other', domain: 'example.com' })).toBe(false);
  });
});

describe('what is inside', () => {
  const inside = (terms: Partial<IncidentTerms>, fact = failure()): boolean => isInside(incident(terms), fact);

  it('is from its begin on, and before its end', () => {
    expect([AT - 1, AT, AT + 99, AT + 100].map((at) => inside({}, failure({ at })))).toEqual([false, true, true, false]);
    expect(inside({ until: null }, failure({ at: AT + 1e12 }))).toBe(true);
  });

  it('is of its provider', () => {
    expect([inside({ provider: 'gmail' }), inside({ provider: 'yahoo' })]).toEqual([true, false]);
  });

  it('has all parts of its code, and its text in any case', () => {
    for (const code of ['550', '5.1.1', '550 5.1.1', '5.1.1 550']) expect(inside({ code }), code).toBe(true);
    for (const code of ['551', '5.1.2', '550 5.1.2', '551 5.1.1', '55']) expect(inside({ code }), code).toBe(false);
    expect([inside({ text: 'no such USER' }), inside({ text: 'full' })]).toEqual([true, false]);
    expect([inside({ code: '550', text: 'full' }), inside({ code: '551', text: 'no such' })]).toEqual([false, false]);
    expect(inside({ code: '550', text: 'no such' })).toBe(true);
  });

  it('can not be told without a reply when code or text are asked for', () => {
    expect([inside({ code: '550' }, failure({}, null)), inside({ text: 'x' }, failure({}, null))]).toEqual([false, false]);
    expect(inside({}, failure({}, null))).toBe(true);
  });
});

describe('a failure is marked', () => {
  const all = (): boolean => true;
  const none = (): boolean => false;

  it('by the first incident that holds and that it is inside of', () => {
    const three = [
      incident({}, { id: 'released', holds: false }),
      incident({ provider: 'yahoo' }, { id: 'else' }),
      incident({}, { id: 'b' }),
      incident({}, { id: 'c' }),
    ];
    const fact = marked(failure(), three, all);
    expect(fact).toEqual({ ...failure(), incident: 'b' });
    expect(incidentOf(fact)).toBe('b');
    expect(incidentOf(failure())).toBeUndefined();
  });

  it('no longer when the one that marked it lets go, and goes on to the next', () => {
    const before = failure({ incident: 'a' });
    expect(marked(before, [incident({}, { holds: false })], all)).toEqual(failure());
    expect(marked(before, [incident({}, { holds: false })], all)).not.toHaveProperty('incident');
    expect(marked(before, [incident({}, { holds: false }), incident({}, { id: 'b' })], all)).toEqual(failure({ incident: 'b' }));
  });

  it('still when the one that marked it is not known any more', () => {
    const before = failure({ incident: 'old' });
    expect(marked(before, [], none)).toBe(before);
    expect(marked(before, [], all)).toEqual(failure());
    expect(marked(before, [incident()], none)).toEqual(failure({ incident: 'a' }));
  });

  it('and is the same one when nothing changes; a delivery always is', () => {
    const [free, held] = [failure(), failure({ incident: 'a' })];
    expect(marked(free, [], all)).toBe(free);
    expect(marked(held, [incident()], all)).toBe(held);
    const delivered: Fact = { kind: 'delivered', id: 'x', at: AT, stream: 's', message: null };
    expect(marked(delivered, [incident()], all)).toBe(delivered);
    expect(incidentOf(delivered)).toBeUndefined();
  });
});
