import fc from 'fast-check';
import { expect, it } from 'vitest';
import { hash128 as ofNode } from './node.ts';
import { hash128 as ofWeb } from './web.ts';

it('the hash is the same with and without Node, so that event ids are the same', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
      expect(ofWeb(text)).toBe(ofNode(text));
    }),
  );
});

it.each([
  ['', '47DEQpj8HBSa-_TImW-5JA'],
  ['abc', 'ungWv48Bz-pBQUDeXa4iIw'],
])('hash of %j equals SHA-256', (text, wanted) => {
  expect(ofNode(text)).toBe(wanted);
  expect(ofWeb(text)).toBe(wanted);
});
