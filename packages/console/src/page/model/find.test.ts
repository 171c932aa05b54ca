import { expect, test } from 'vitest';
import { MOST_ADDRESSES, wantedIn } from './find.ts';

test.each([
  ['', { kind: 'nothing' }],
  [' \n , ;', { kind: 'nothing' }],
  ['@', { kind: 'nothing' }],
  ['alice@example.com', { kind: 'address', address: 'alice@example.com' }],
  ['  Alice <alice@example.com> ', { kind: 'address', address: 'alice@example.com' }],
  ["o'hara&sons/{x}@example.org", { kind: 'address', address: "o'hara&sons/{x}@example.org" }],
  ['@example.com', { kind: 'domain', domain: 'example.com' }],
  ['example.com', { kind: 'domain', domain: 'example.com' }],
  ['full.', { kind: 'prefix', prefix: 'full.' }],
  ['full', { kind: 'prefix', prefix: 'full' }],
  ['full.1', { kind: 'prefix', prefix: 'full.1' }],
  ['a@b.c\nnot an address\r\n"d@e.f"', { kind: 'many', addresses: ['a@b.c', 'not an address', 'd@e.f'], more: 0 }],
  ['a@b.c; d@e.f,\tg@h.i', { kind: 'many', addresses: ['a@b.c', 'd@e.f', 'g@h.i'], more: 0 }],
])('%j', (text, wanted) => {
  expect(wantedIn(text)).toEqual(wanted);
});

test('more than a check takes are cut off and counted', () => {
  const wanted = wantedIn(Array.from({ length: MOST_ADDRESSES + 7 }, (_, at) => `a${at}@b.c`).join('\n'));
  expect(wanted.kind === 'many' && [wanted.addresses.length, wanted.more]).toEqual([MOST_ADDRESSES, 7]);
});
