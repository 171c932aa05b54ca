import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normaliseAddress } from './address.ts';
import { addressesIn, mentionsAddress } from './mentions.ts';

const MENTIONS: readonly (readonly [string, string])[] = [
  ['alice@example.com', 'Alice@EXAMPLE.com'],
  ['alice@example.com', '550 5.1.1 <alice@example.com>: user unknown'],
  ['alice@example.com', 'alice@example.com.'],
  ['alice@example.com', 'recipient=alice%40example.com&event=failed'],
  ['alice@example.com', 'Final-Recipient: rfc822;alice=40example.com'],
  ['alice@example.com', 'mailto:alice@example.com?subject=x'],
  ['alice@example.com', "'alice@example.com'"],
  ['alice@example.com', '"alice"@example.com'],
  ['alice@example.com', String.raw`"al\ice"@example.com`],
  ['alice@example.com', '用户alice@example.com不存在'],
  ['alice@example.com', 'a\0l\0i\0c\0e\0@\0e\0x\0a\0m\0p\0l\0e\0.\0c\0o\0m\0'],
  ['alice@xn--bcher-kva.example', 'alice@BÜCHER.example'],
  ['alice@xn--bcher-kva.example', 'alice@xn--bcher-kva.example'],
  ['josé@example.com', 'jose\u0301@example.com'],
  ["o'neil@example.com", "o'neil@example.com"],
];
const OTHERS: readonly (readonly [string, string])[] = [
  ['bob@example.com', 'jacbob@example.com'],
  ['bob@example.com', 'bob@example.com.au'],
  ['bob@example.com', 'bob@example.comx'],
  ['bob@example.com', 'bob+news@example.com'],
  ['neil@example.com', "o'neil@example.com"],
  ['b@example.com', 'aéb@example.com'],
];

describe('a text mentions an address', () => {
  it.each(MENTIONS)('%s: %j', (address, text) => {
    expect(mentionsAddress(text, address)).toBe(true);
    expect(addressesIn(text, 10)).toContain(address);
  });

  it.each(OTHERS)('not %s: %j', (address, text) => {
    expect(mentionsAddress(text, address)).toBe(false);
    expect(addressesIn(text, 10)).not.toContain(address);
  });

  it('when it stands between spaces, in any case; and both ways of asking agree', () => {
    const address = fc.emailAddress().filter((text) => normaliseAddress(text).ok);
    const around = fc.string({ unit: fc.constantFrom('a', '@', '.', '"', '=', '%', '4', '0', ' ', '<', 'é', '用', '\\'), maxLength: 40 });
    fc.assert(
      fc.property(address, around, around, fc.boolean(), (given, before, after, upper) => {
        const normalised = normaliseAddress(given);
        if (!normalised.ok) return;
        const text = `${before} ${upper ? given.toUpperCase() : given} ${after}`;
        expect(mentionsAddress(text, normalised.address)).toBe(true);
        const all = addressesIn(text, 100);
        expect(all).toContain(normalised.address);
        for (const one of all ?? []) expect(mentionsAddress(text, one)).toBe(true);
      }),
    );
  });

  it('gives up listing when there are too many, and still finds one among them', () => {
    const many = Array.from({ length: 50 }, (_, index) => `user${index}@example.com`).join(' ');
    expect(addressesIn(many, 49)).toBeUndefined();
    expect(addressesIn(many, 50)?.size).toBe(50);
    const none = Array.from({ length: 50 }, (_, index) => `(${index}@-)`).join(' ');
    expect(addressesIn(`${none} ${none.replaceAll('@', '@x..y')}`, 10)).toBeUndefined();
    expect(mentionsAddress(many, 'user49@example.com')).toBe(true);
  });

  it.each([
    ['@', '@'],
    ['short ones', 'a@a'],
    ['open quotes', '"@a'],
    ['Han', '@用'],
    ['quoted-printable', '=40'],
    ['percent encoding', '%40a'],
    ['the longest', `${'x'.repeat(255)}@${'y'.repeat(1_020)} `],
  ])('costs little per MiB of %s', (_, unit) => {
    const text = unit.repeat(Math.ceil(2 ** 20 / unit.length));
    const began = performance.now();
    expect(mentionsAddress(text, 'alice@example.com')).toBe(false);
    expect(performance.now() - began).toBeLessThan(3_000);
  });
});
