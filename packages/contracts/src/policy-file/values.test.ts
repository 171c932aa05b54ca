import type { PolicySet } from '@desist/domain';
import { describe, expect, it } from 'vitest';
import { defaultPolicies } from './version.ts';
import { readPolicyFile } from './read.ts';
import { policyValues, shadowDifferences } from './values.ts';
import { writePolicy } from './write.ts';

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

describe('a shadow policy', () => {
  function withShadow(shadow: string): PolicySet {
    const [own, other] = [FILE, shadow].map((text) => readPolicyFile(text));
    if (own?.ok !== true || other?.ok !== true) throw new Error(JSON.stringify([own, other]));
    return { ...own.policies, shadow: { ...other.policies, name: 'other.yaml' } };
  }

  it('differs in the values that decide, each with that of the policy in force', () => {
    const other = FILE.replace('96h', '120h')
      .replace('tenants:', 'give_up: {messages: 4}\ntenants:')
      .replace('      news: {deferral', '      late: {deferral');
    expect(shadowDifferences(withShadow(other))).toEqual([
      { tenant: null, path: 'deferral.suppress_after', from: '4d', to: '5d' },
      { tenant: null, path: 'give_up.messages', from: '3', to: '4' },
      { tenant: 'acme', path: 'tenants.acme.streams.news.deferral.suppress_after', from: '4d', to: null },
      { tenant: 'acme', path: 'tenants.acme.streams.late.deferral.suppress_after', from: null, to: '4d' },
    ]);
  });

  it('does not differ in what has no effect in one', () => {
    const other = FILE.replace(
      'tenants:',
      'incidents: {recipients: 30}\npublish: {deferred: true}\nsender_incidents: {tries: 60}\ntenants:',
    ).replace('    streams:', '    publish: {deferred: false}\n    streams:');
    expect(shadowDifferences(withShadow(other))).toEqual([]);
  });

  it('is named in the file that is written, and null where there is none', () => {
    const written = writePolicy(withShadow(FILE));
    expect(readPolicyFile(written)).toMatchObject({ ok: true, shadow: { name: 'other.yaml', line: 2 } });
    expect(shadowDifferences(defaultPolicies())).toBeNull();
    expect(writePolicy(defaultPolicies())).not.toContain('shadow');
  });
});
