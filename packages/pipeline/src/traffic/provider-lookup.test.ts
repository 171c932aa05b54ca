import { asAddress, asTenant, DEFAULT_POLICY } from '@desist/domain';
import { expect, it } from 'vitest';
import { WORD } from './key-hash.ts';
import { createProviderLookup } from './provider-lookup.ts';

const encoder = new TextEncoder();

it('reads of a host what a decoded event has of it, however long it is', () => {
  const asked: (string | undefined)[] = [];
  const policies = { version: 'p', base: DEFAULT_POLICY, tenants: new Map() };
  const lookup = createProviderLookup(policies, (domain, host) => (asked.push(host), host === undefined ? domain : 'by-host'));
  const host = 'a'.repeat(200_000);
  const value = encoder.encode(host);
  const none = { occurredAt: 0, messageStart: 0, messageEnd: 0, streamStart: 0, streamEnd: 0, poolStart: 0, poolEnd: 0 };
  const found = lookup.ofRecord(encoder.encode('acme/u@example.com'), value, { ...none, hostStart: 0, hostEnd: value.length });
  expect(asked.at(-1)).toBe(host.slice(0, WORD));
  expect(found).toBe(lookup.ofAddress(asTenant('acme'), asAddress('u@example.com'), host.slice(0, WORD)));
});
