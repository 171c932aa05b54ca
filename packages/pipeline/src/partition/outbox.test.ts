/** What a commit publishes of one recipient: every change, and what holds only once, behind the last of them. */
import { asAddress, asTenant, DEFAULT_POLICY, newRecipient } from '@desist/domain';
import type { Change } from '@desist/domain';
import { expect, it } from 'vitest';
import { createContexts } from './contexts.ts';
import { createOutbox } from './outbox.ts';
import type { Outbox } from './outbox.ts';
import type { CachedRecipient } from './recipients.ts';

const LIST = 'x'.repeat(40_000);
const contextOf = createContexts({ version: 'sha256:test', base: DEFAULT_POLICY, tenants: new Map() }, () => () => undefined);

function create(): Outbox {
  const codec = {
    encodeChange: ({ change }: { readonly change: Change }) => `change ${change.version}`,
    encodeSuppressions: ({ version }: { readonly version: number }) => `${version} ${LIST}`,
  };
  return createOutbox({ partition: 0, incarnation: 0, nextSequence: 1, codec: codec as never, contextOf, policy: '' });
}

function cached(name: string, version: number): CachedRecipient {
  const recipient = { ...newRecipient(), version };
  return { tenant: asTenant('acme'), address: asAddress(`${name}@example.com`), recipient } as CachedRecipient;
}

function change(version: number, ofList = true): Change {
  const suppression = ofList ? { scope: '*', reason: 'operator', since: 0, expiresAt: null } : null;
  return { version, type: ofList ? 'suppressed' : 'deferred', suppression, allowance: null, effectiveAt: 0, recordedAt: 0 } as Change;
}

const versionOf = (value: string | null | undefined): string | undefined => value?.split(' ')[0];

it('has one list value per recipient, behind its last change of the list, so it does not grow with the square of the changes', () => {
  const outbox = create();
  const changes = 2_000;
  for (let version = 1; version <= changes; version += 1) outbox.changed(cached('a', version), [change(version)]);
  outbox.changed(cached('b', 1), [change(1)]);
  outbox.changed(cached('a', changes + 1), [change(changes + 1, false)]);
  expect(outbox.characters()).toBeLessThan(2 * LIST.length + (changes + 2) * 50);
  const rows = outbox.drain().outbox;
  expect(rows.map(({ sequence }) => sequence)).toEqual(Array.from({ length: changes + 2 }, (_, n) => n + 1));
  expect(rows.filter(({ value }) => value !== undefined).map(({ sequence, value }) => [sequence, versionOf(value)])).toEqual([
    [changes, String(changes)],
    [changes + 1, '1'],
  ]);
});

it('has one in the next commit again', () => {
  const outbox = create();
  outbox.changed(cached('a', 1), [change(1)]);
  expect(outbox.drain().outbox.map(({ value }) => versionOf(value))).toEqual(['1']);
  expect(outbox.characters()).toBe(0);
  outbox.changed(cached('a', 2), [change(2)]);
  expect(outbox.drain().outbox.map(({ value }) => versionOf(value))).toEqual(['2']);
});
