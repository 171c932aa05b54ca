import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseNetwork, refusalOf } from './addresses.ts';
import type { Network } from './addresses.ts';

const networks = (...texts: readonly string[]): readonly Network[] => texts.map((text) => parseNetwork(text)!);

describe('addresses that requests may go to', () => {
  test.each([
    ...['0.0.0.0', '0.1.2.3', '10.0.0.1', '10.255.255.255', '100.64.0.1', '100.100.100.200', '100.127.255.255', '127.0.0.1', '127.8.9.10'],
    ...['169.254.0.1', '169.254.169.254', '172.16.0.1', '172.31.255.255', '192.0.0.192', '192.0.2.1', '192.168.0.1', '192.168.255.255'],
    ...['198.18.0.1', '198.51.100.1', '203.0.113.9', '224.0.0.1', '239.1.1.1', '240.0.0.1', '255.255.255.255', '168.63.129.16'],
    ...['::', '::1', 'fe80::1', 'febf::1', 'fec0::1', 'fc00::1', 'fd00:ec2::254', 'ff02::1', '2001:db8::1', '100::1', '2002:7f00:1::'],
    ...['2001::1', '::ffff:127.0.0.1', '::ffff:10.0.0.1', '::ffff:a9fe:a9fe', '64:ff9b::127.0.0.1', '64:ff9b::a9fe:a9fe', '::127.0.0.1'],
    ...['64:ff9b:1::1', '4000::1'],
  ])('not to %s', (address) => {
    expect(refusalOf(address, [])).toMatch(/^it is /);
  });

  test.each([
    ...['1.1.1.1', '8.8.8.8', '93.184.216.34', '100.63.255.255', '100.128.0.0', '172.15.255.255', '172.32.0.0', '169.253.255.255'],
    ...['2606:4700::1111', '2a00:1450:4001:80e::200e', '::ffff:8.8.8.8', '64:ff9b::8.8.8.8'],
  ])('to %s', (address) => {
    expect(refusalOf(address, [])).toBeUndefined();
  });

  test('what is no address is refused', () => {
    for (const text of ['', 'localhost', '1.2.3', '127.0.0.1.nip.io', '::1%lo']) expect(refusalOf(text, [])).toBeDefined();
  });

  test('a network that is allowed is, and nothing beside it; also when an IPv6 address stands for it', () => {
    const allowed = networks('10.1.0.0/16', 'fd00:1::/32', '127.0.0.1');
    for (const address of ['10.1.2.3', '::ffff:10.1.2.3', 'fd00:1::5', '127.0.0.1']) expect(refusalOf(address, allowed)).toBeUndefined();
    for (const address of ['10.2.0.1', '127.0.0.2', 'fd00:2::1', '::1']) expect(refusalOf(address, allowed)).toBeDefined();
  });

  test('every address of a private network is refused in each of its spellings', () => {
    const inside = fc.oneof(
      fc.tuple(fc.constant(10), fc.nat(255), fc.nat(255), fc.nat(255)),
      fc.tuple(fc.constant(127), fc.nat(255), fc.nat(255), fc.nat(255)),
      fc.tuple(fc.constant(172), fc.integer({ min: 16, max: 31 }), fc.nat(255), fc.nat(255)),
      fc.tuple(fc.constant(192), fc.constant(168), fc.nat(255), fc.nat(255)),
      fc.tuple(fc.constant(169), fc.constant(254), fc.nat(255), fc.nat(255)),
      fc.tuple(fc.constant(100), fc.integer({ min: 64, max: 127 }), fc.nat(255), fc.nat(255)),
    );
    fc.assert(
      fc.property(inside, (bytes) => {
        const four = bytes.join('.');
        const hex = (a: number, b: number): string => ((a << 8) | b).toString(16);
        const six = `${hex(bytes[0], bytes[1])}:${hex(bytes[2], bytes[3])}`;
        for (const text of [four, `::ffff:${four}`, `::ffff:${six}`, `64:ff9b::${four}`, `64:ff9b::${six}`, `::${six}`, `2002:${six}::1`])
          expect(refusalOf(text, []), text).toBeDefined();
      }),
    );
  });

  test('networks are read as such, and nothing else is', () => {
    for (const text of ['10.0.0.0/8', '10.1.2.3', 'fd00::/8', '::1']) expect(parseNetwork(text)).toBeDefined();
    for (const text of ['', '10', '10.0.0.0/33', 'localhost', '0x7f000001', 'fd00::/200', '*']) expect(parseNetwork(text)).toBeUndefined();
  });
});
