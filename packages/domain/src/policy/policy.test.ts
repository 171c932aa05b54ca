import { describe, expect, it } from 'vitest';
import { asTenant } from '../keys.ts';
import { DAY, DEFAULT_POLICY, HOUR, tenantPolicy } from './policy.ts';
import type { Policy, PolicySet } from './policy.ts';

const hours = (values: object): object =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Number(value) >= HOUR ? `${Number(value) / HOUR} h` : value]));

describe('without a policy of its own an installation', () => {
  it('suppresses after three failures in 72 hours that reach into the last day, and drops a streak after 48 hours without a failure', () => {
    expect(hours(DEFAULT_POLICY.deferral)).toEqual({
      persistentAfter: '24 h',
      persistentFailures: 2,
      softBounceAfter: '72 h',
      softBounceFailures: 2,
      suppressAfter: '72 h',
      suppressFailures: 3,
      evidenceSpan: '48 h',
      largestGap: '48 h',
      atRiskBefore: '24 h',
    });
  });

  it('suppresses after give-ups of three messages within 60 days, 72 hours apart', () => {
    expect(hours(DEFAULT_POLICY.giveUp)).toEqual({ messages: 3, span: '72 h', remembered: '1440 h' });
  });

  it('takes greylisting for greylisting for 4 hours, anew after 48 hours without', () => {
    expect(hours(DEFAULT_POLICY.greylisting)).toEqual({ window: '4 h', renewAfter: '48 h' });
  });

  it('asks windows of six hours with 20 deliveries and fewer than half failing', () => {
    expect(hours(DEFAULT_POLICY.contrast)).toEqual({ window: '6 h', deliveries: 20, failingShare: 0.5 });
  });

  it('suppresses for 30, 90, 180 days, then for ever; is watched for 14 days; a complaint for all streams; publishes no plain deferral; blames by the table', () => {
    const expiry = [30 * DAY, 90 * DAY, 180 * DAY, null];
    expect(DEFAULT_POLICY.suppression).toEqual({ expiry, probation: 14 * DAY, complaintScope: 'all' });
    expect(DAY).toBe(86_400_000);
    expect(DEFAULT_POLICY.publish).toEqual({ deferred: false });
    expect(DEFAULT_POLICY.attribution).toEqual({});
  });
});

it("a tenant's policy is its own, or that of the installation for all streams", () => {
  const own: Policy = { ...DEFAULT_POLICY, publish: { deferred: true } };
  const tenant = { base: own, streams: new Map([['news', DEFAULT_POLICY]]) };
  const set: PolicySet = { version: 'v', base: DEFAULT_POLICY, tenants: new Map([['acme', tenant]]) };
  expect(tenantPolicy(set, asTenant('acme'))).toBe(tenant);
  expect(tenantPolicy(set, asTenant('other'))).toEqual({ base: DEFAULT_POLICY, streams: new Map() });
});
