import { expect, it } from 'vitest';
import { defaultPolicies } from './version.ts';
import { readPolicyFile } from './read.ts';
import { policyValues } from './values.ts';

const FILE = `version: 1
deferral: {suppress_after: 96h}
suppression: {expiry: [10d, never]}
attribution: {mailbox_full: message}
tenants:
  acme:
    deferral: {suppress_after: 72h}
    streams:
      news: {deferral: {suppress_after: 96h}}
rules:
  full: {text: over quota, category: mailbox_full, example: 452 over quota}
`;

it('lists the base, what tenants and streams change, and the rules, each with what it replaces', () => {
  const read = readPolicyFile(FILE);
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  const changed = policyValues(read.policies).filter(({ value, inherited }) => value !== inherited);
  expect(changed.map(({ tenant }) => tenant)).toEqual([null, null, null, 'acme', 'acme', null]);
  expect(changed.map(({ tenant: _, ...one }) => one)).toEqual([
    { path: 'deferral.suppress_after', value: '4d', inherited: '3d' },
    { path: 'suppression.expiry', value: '[10d, never]', inherited: '[30d, 90d, 180d, never]' },
    { path: 'attribution.mailbox_full', value: 'message', inherited: 'recipient' },
    { path: 'tenants.acme.deferral.suppress_after', value: '3d', inherited: '4d' },
    { path: 'tenants.acme.streams.news.deferral.suppress_after', value: '4d', inherited: '3d' },
    { path: 'rules.full', value: 'text over quota → mailbox_full', inherited: null },
  ]);
});

it('lists every value of the built-in policy, and each is what it inherits', () => {
  const values = policyValues(defaultPolicies());
  expect(values.length).toBeGreaterThan(20);
  expect(values.filter(({ value, inherited }) => value !== inherited)).toEqual([]);
  expect(new Set(values.map(({ path }) => path)).size).toBe(values.length);
});
