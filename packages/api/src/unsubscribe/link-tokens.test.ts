import { asAddress, asTenant } from '@desist/domain';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createLinkTokens, LONGEST_TOKEN } from './link-tokens.ts';
import type { LinkContent } from './link-tokens.ts';

const NOW = Date.parse('2026-03-01T12:00:00.000Z');
const OLD = 'o'.repeat(32);
const NEW = 'n'.repeat(44);
const content: LinkContent = { tenant: asTenant('acme'), stream: 'marketing', address: asAddress('alice@example.com'), expiresAt: NOW + 1 };
const FORGED = { kind: 'forged' };

describe('tokens of unsubscribe links', () => {
  test('give back what was sealed, until they end', () => {
    const tokens = createLinkTokens([NEW]);
    const names = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/);
    const addresses = fc.string({ unit: 'grapheme', minLength: 3, maxLength: 320 });
    fc.assert(
      fc.property(names, names, addresses, fc.integer({ min: 0, max: 8.64e15 }), (tenant, stream, address, expiresAt) => {
        const given = { tenant: asTenant(tenant), stream, address: asAddress(address), expiresAt };
        const token = tokens.seal(given);
        expect(token).toMatch(/^[\w-]+$/);
        expect(tokens.open(token, expiresAt - 1)).toEqual({ kind: 'valid', content: given });
        expect(tokens.open(token, expiresAt).kind).toBe('expired');
      }),
    );
  });

  test('say nothing of the address, not even how long it is, and no two are the same', () => {
    const tokens = createLinkTokens([NEW]);
    const of = (address: string) => tokens.seal({ ...content, address: asAddress(address) });
    const made = ['a@b.c', 'alice@example.com', 'a.somewhat.longer@example.com'].map(of);
    expect(new Set(made.map(({ length }) => length)).size).toBe(1);
    for (const token of made) expect(Buffer.from(token, 'base64url').toString('latin1')).not.toMatch(/alice|example|acme/);
    expect(of('a@b.c')).not.toBe(of('a@b.c'));
    expect(of(`${'a'.repeat(64)}@${'ö'.repeat(255)}`).length).toBeLessThan(LONGEST_TOKEN);
  });

  test('with any byte changed, cut, longer, or made up, are not ours', () => {
    const tokens = createLinkTokens([NEW]);
    const bytes = Buffer.from(tokens.seal(content), 'base64url');
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, by) => {
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] ?? 0) ^ by;
        expect(tokens.open(changed.toString('base64url'), NOW)).toEqual(FORGED);
      }),
    );
    const isForged = (token: string): void => expect(tokens.open(token, NOW), token).toEqual(FORGED);
    fc.assert(fc.property(fc.nat(bytes.length - 1), (end) => void isForged(bytes.subarray(0, end).toString('base64url'))));
    for (const more of ['A', '=', '.', ' ', '\n', 'é']) isForged(`${bytes.toString('base64url')}${more}`);
    fc.assert(fc.property(fc.string({ maxLength: 4_000 }), (text) => void isForged(text)));
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (made) => void isForged(Buffer.from([1, ...made]).toString('base64url'))));
  });

  test('of an earlier secret work as long as it is configured; those of another one never do', () => {
    const before = createLinkTokens([OLD]).seal(content);
    const rotated = createLinkTokens([NEW, OLD]);
    expect(rotated.open(before, NOW).kind).toBe('valid');
    expect(createLinkTokens([NEW]).open(before, NOW)).toEqual(FORGED);
    expect(createLinkTokens([OLD]).open(rotated.seal(content), NOW)).toEqual(FORGED);
  });
});
