import { describe, expect, it } from 'vitest';
import type { Fact, FailureFact } from '../recipient/types.ts';
import { NO_REPLY } from '@desist/verdicts';
import { asTenant } from '../keys.ts';
import type { Incident, IncidentTerms } from './incident.ts';
import { codesOf, concerning, incidentIdOf, incidentOf, isInside, marked } from './incident.ts';

const AT = Date.UTC(2026, 2, 1, 12);
const TERMS: IncidentTerms = { tenant: null, provider: null, domain: null, code: null, text: null, from: AT, until: AT + 100 };

const incident = (terms: Partial<IncidentTerms> = {}, more: Partial<Incident> = {}): Incident => ({
  ...{ id: 'a', revision: 1, excludes: true, terms: { ...TERMS, ...terms } },
  ...more,
});

function failure(
  more: Partial<FailureFact> = {},
  reply: string | null = '550-5.1.1 No Such user',
  provider: string | null = 'gmail',
): FailureFact {
  const judged = { verdict: NO_REPLY, reply, provider };
  return {
    kind: 'failure',
    type: 'bounced',
    id: 'x',
    at: AT,
    stream: 's',
    message: null,
    classified: judged,
    causeUnknown: false,
    merged: 0,
    ...more,
  };
}

describe('names', () => {
  it('say whose incident it is and when it began; the same incident always has the same name', () => {
    expect(incidentIdOf(null, 'gmail', 0)).toBe('gmail-0');
    expect(incidentIdOf(null, 'mx.example.com', 900_000 * 36)).toBe('mx_example_com-10');
    expect(incidentIdOf(null, 'gmail', 900_000 * 36 + 899_999)).toBe('gmail-10');
    expect(incidentIdOf(null, 'a b/ü_-Z9', 0)).toBe('ab_-Z9-0');
    expect(incidentIdOf(null, 'x'.repeat(60), 0)).toBe(`${'x'.repeat(48)}-0`);
  });

  it('of one tenant has an id that no other tenant, provider or the whole installation can have', () => {
    const ids = ['a-b/c', 'a/b-c', 'a/c', 'b/c', 'ab/c', 'a.b/c', `a/${'x'.repeat(60)}1`, `a/${'x'.repeat(60)}2`, '/a/c'].map((one) => {
      const [tenant = '', provider = ''] = one.split(/\/(?!.*\/)/u);
      return incidentIdOf(asTenant(tenant), provider, 900_000 * 36);
    });
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9_-]{1,50}-10-[a-z0-9]{13}$/);
    expect(incidentIdOf(asTenant('a'), 'c', 900_000 * 36 + 899_999)).toBe(incidentIdOf(asTenant('a'), 'c', 900_000 * 36));
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
    const one = (terms: Partial<IncidentTerms>): boolean => concerning([incident(terms)], asTenant('acme'), 'example.com').length === 1;
    expect(one({})).toBe(true);
    expect([one({ tenant: asTenant('acme') }), one({ tenant: asTenant('other') })]).toEqual([true, false]);
    expect([one({ domain: 'example.com' }), one({ domain: 'example.org' })]).toEqual([true, false]);
    expect(one({ tenant: asTenant('other'), domain: 'example.com' })).toBe(false);
  });
});

describe('what is inside', () => {
  const inside = (terms: Partial<IncidentTerms>, fact = failure()): boolean => isInside(incident(terms), fact);

  it('is what happens from its begin on and before its end', () => {
    expect([AT - 1, AT, AT + 99, AT + 100].map((at) => inside({}, failure({ at })))).toEqual([false, true, true, false]);
    expect(inside({ until: null }, failure({ at: AT + 1e12 }))).toBe(true);
  });

  it('is of its provider', () => {
    expect([inside({ provider: 'gmail' }), inside({ provider: 'yahoo' })]).toEqual([true, false]);
  });

  it('matches every part of its code, and its text in any case', () => {
    for (const code of ['550', '5.1.1', '550 5.1.1', '5.1.1 550']) expect(inside({ code }), code).toBe(true);
    for (const code of ['551', '5.1.2', '550 5.1.2', '551 5.1.1', '55']) expect(inside({ code }), code).toBe(false);
    expect([inside({ text: 'no such USER' }), inside({ text: 'full' })]).toEqual([true, false]);
    expect([inside({ code: '550', text: 'full' }), inside({ code: '551', text: 'no such' })]).toEqual([false, false]);
    expect(inside({ code: '550', text: 'no such' })).toBe(true);
  });

  it('is not decided without a reply if the terms ask for a code or text', () => {
    expect([inside({ code: '550' }, failure({}, null)), inside({ text: 'x' }, failure({}, null))]).toEqual([false, false]);
    expect(inside({}, failure({}, null))).toBe(true);
  });
});

describe('a failure is marked', () => {
  const all = (): boolean => true;
  const none = (): boolean => false;

  it('by the first excluding incident that it is inside of', () => {
    const three = [
      incident({}, { id: 'released', excludes: false }),
      incident({ provider: 'yahoo' }, { id: 'else' }),
      incident({}, { id: 'b' }),
      incident({}, { id: 'c' }),
    ];
    const fact = marked(failure(), three, all);
    expect(fact).toEqual({ ...failure(), incident: 'b' });
    expect(incidentOf(fact)).toBe('b');
    expect(incidentOf(failure())).toBeUndefined();
  });

  it('no longer once the incident that marked it no longer excludes; the next one then marks it', () => {
    const before = failure({ incident: 'a' });
    expect(marked(before, [incident({}, { excludes: false })], all)).toEqual(failure());
    expect(marked(before, [incident({}, { excludes: false })], all)).not.toHaveProperty('incident');
    expect(marked(before, [incident({}, { excludes: false }), incident({}, { id: 'b' })], all)).toEqual(failure({ incident: 'b' }));
  });

  it('still when the incident that marked it is no longer known', () => {
    const before = failure({ incident: 'old' });
    expect(marked(before, [], none)).toBe(before);
    expect(marked(before, [], all)).toEqual(failure());
    expect(marked(before, [incident()], none)).toEqual(failure({ incident: 'a' }));
  });

  it('and stays the same object when nothing changes; a delivery always does', () => {
    const [free, held] = [failure(), failure({ incident: 'a' })];
    expect(marked(free, [], all)).toBe(free);
    expect(marked(held, [incident()], all)).toBe(held);
    const delivered: Fact = { kind: 'delivered', id: 'x', at: AT, stream: 's', message: null };
    expect(marked(delivered, [incident()], all)).toBe(delivered);
    expect(incidentOf(delivered)).toBeUndefined();
  });
});
