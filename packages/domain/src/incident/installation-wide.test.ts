import { describe, expect, it } from 'vitest';
import { asTenant } from '../keys.ts';
import { DEFAULT_POLICY } from '../policy/policy.ts';
import type { OwnIncident } from './installation-wide.ts';
import { installationWideFrom, installationWideUntil } from './installation-wide.ts';

const POLICY = DEFAULT_POLICY.incidents;

/** `a:10`: tenant a, 10 recipients fail; each begins one later than the one before. */
const own = (...all: readonly string[]): readonly OwnIncident[] =>
  all.map((one, index) => {
    const [tenant = '', failing] = one.split(':');
    return { tenant: asTenant(tenant), from: 100 + index, until: null, failing: Number(failing) };
  });

describe('an incident is one of the whole installation', () => {
  it.each([
    [own(), undefined],
    [own('a:1000'), undefined],
    // Two: from when the second had begun.
    [own('a:20', 'b:20'), 101],
    [own('a:21', 'b:20'), undefined],
    [own('a:20', 'b:20', 'c:1'), 101],
    [own('a:20', 'b:10', 'c:10'), 101],
    // One that outweighs all others is left out: it neither opens nor prevents.
    [own('a:21', 'b:10', 'c:10'), 102],
    [own('b:10', 'c:10', 'a:1000'), 101],
    [own('a:1000', 'b:21', 'c:10', 'd:10'), 103],
    [own('a:1000', 'b:10'), undefined],
  ])('%j: from %s', (incidents, from) => {
    expect(installationWideFrom(POLICY, incidents)).toBe(from);
    expect(installationWideFrom(POLICY, incidents.toReversed())).toBe(from);
  });

  it('of as many tenants as the policy says', () => {
    const three = { ...POLICY, tenants: 3 };
    expect(installationWideFrom(three, own('a:20', 'b:20'))).toBeUndefined();
    expect(installationWideFrom(three, own('a:20', 'b:20', 'c:20'))).toBe(102);
    expect(installationWideFrom(three, own('a:20', 'b:10', 'c:9'))).toBeUndefined();
  });

  it('until fewer of them go on', () => {
    const span = (tenant: string, until: number | null) => ({ tenant: asTenant(tenant), from: 0, until });
    const end = (...all: readonly ReturnType<typeof span>[]): number | undefined => installationWideUntil(POLICY, all, 999);
    expect(end(span('a', null), span('b', null))).toBeUndefined();
    expect(end(span('a', null), span('b', 50))).toBe(50);
    expect(end(span('a', 70), span('b', 50))).toBe(50);
    expect(end(span('a', 70), span('b', 50), span('c', 60))).toBe(60);
    expect(end(span('a', 70), span('b', 50), span('b', null))).toBe(70);
    // Two of one tenant are one tenant.
    expect(end(span('a', 70), span('a', 50))).toBe(999);
    expect(end()).toBe(999);
  });
});
