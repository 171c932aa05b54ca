import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asAddress, asTenant, domainEntriesOf, partsOfKey, recipientKey } from './keys.ts';

it('a key is taken apart as it was made, whatever the address contains', () => {
  const tenant = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/).map(asTenant);
  fc.assert(
    fc.property(tenant, fc.string().map(asAddress), (name, address) => {
      expect(partsOfKey(recipientKey(name, address))).toEqual({ tenant: name, address });
    }),
    { examples: [[asTenant('acme'), asAddress('a/b@example.com')]] },
  );
});

it('a text from outside is no key, and an address is no tenant: neither compiles', () => {
  const tenant = asTenant('acme');
  const address = asAddress('a@example.com');
  // @ts-expect-error -- a text that nobody has checked
  recipientKey('acme', address);
  // @ts-expect-error -- in the wrong order
  recipientKey(address, tenant);
  const text: string = recipientKey(tenant, address);
  expect(text).toBe('acme/a@example.com');
});

describe('the entries of domains that concern an address', () => {
  it.each([
    ['a@mail.example.com', ['@mail.example.com', '@example.com', '@com']],
    ['a@com', ['@com']],
    ['@mail.example.com', ['@example.com', '@com']],
    ['@com', []],
    // Empty labels: nothing could stand under them.
    ['a@b..com', ['@b..com', '@com']],
    ['a/@x.y', ['@x.y', '@y']],
  ])('%s: %j', (address, entries) => {
    expect(domainEntriesOf(asAddress(address))).toEqual(entries);
  });

  it('are no more than the domain has labels', () => {
    expect(domainEntriesOf(asAddress(`a@${'x.'.repeat(127)}y`))).toHaveLength(128);
    expect(domainEntriesOf(asAddress(`a@x${'.'.repeat(250)}y`))).toHaveLength(2);
  });
});
