import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HOUR } from '@desist/domain';
import { describe, expect, it } from 'vitest';
import { policiesOf } from './policies.ts';

/** Files beside each other; answers the path of the first. */
function files(contents: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'desist-policies-'));
  for (const [name, text] of Object.entries(contents)) writeFileSync(join(folder, name), text);
  return join(folder, Object.keys(contents)[0] ?? '');
}

function read(contents: Readonly<Record<string, string>>) {
  return policiesOf(Object.values(contents)[0], files(contents));
}

describe('a policy file that names a shadow policy', () => {
  it('reads it beside itself; its own version is what it was without', () => {
    const own = 'version: 1\ndeferral:\n  suppress_after: 4d\n';
    const policies = read({ 'policy.yaml': `${own}shadow: other.yaml\n`, 'other.yaml': 'deferral:\n  suppress_after: 5d\n' });
    expect(policies.shadow?.base.deferral.suppressAfter).toBe(120 * HOUR);
    expect(policies.version).toBe(policiesOf(own).version);
    expect(policies.shadow?.version).not.toBe(policies.version);
    expect(policies.shadow?.name).toBe('other.yaml');
  });

  it.each([
    ['is not there', { 'p.yaml': 'shadow: nobody.yaml\n' }, /p\.yaml:1:9: shadow: .*nobody\.yaml cannot be read \(ENOENT\)/],
    ['names another one', { 'p.yaml': 'shadow: q.yaml\n', 'q.yaml': 'shadow: p.yaml\n' }, /q\.yaml names a shadow policy itself/],
    [
      'has a mistake',
      { 'p.yaml': 'shadow: q.yaml\n', 'q.yaml': 'deferral:\n  suppress_after: soon\n' },
      /q\.yaml:2:19: deferral\.suppress_after/,
    ],
    [
      'counts by other windows',
      { 'p.yaml': 'shadow: q.yaml\n', 'q.yaml': 'contrast:\n  window: 3h\n' },
      /q\.yaml: contrast\.window must be that/,
    ],
    [
      'blames another party',
      { 'p.yaml': 'shadow: q.yaml\n', 'q.yaml': 'tenants:\n  acme:\n    attribution:\n      mailbox_full: system\n' },
      /q\.yaml: tenants\.acme\.attribution must be that/,
    ],
    ['is no name', { 'p.yaml': 'shadow:\n  deferral: 1\n' }, /p\.yaml:\d+:\d+: shadow: must be the name of a policy file/],
    ['has no value', { 'p.yaml': 'shadow:\n' }, /shadow: must be the name of a policy file/],
  ])('that %s is a mistake that says where', (_, contents, message) => {
    expect(() => read(contents as Readonly<Record<string, string>>)).toThrow(message);
  });

  it('belongs to the installation, not to a tenant', () => {
    expect(() => policiesOf('tenants:\n  acme:\n    shadow: q.yaml\n')).toThrow(/tenants\.acme\.shadow: is no known key/);
  });
});
