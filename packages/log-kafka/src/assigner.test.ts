import fc from 'fast-check';
import { expect, test } from 'vitest';

import { assignSticky, decodeOwned, encodeOwned, type Claimant } from './assigner.ts';

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

const claimants = fc.uniqueArray(
  fc.record({
    memberId: fc.string({ minLength: 1, maxLength: 6 }),
    owned: fc.array(fc.integer({ min: -1, max: 40 }), { maxLength: 20 }),
    generation: fc.integer({ min: -1, max: 5 }),
  }),
  { selector: ({ memberId }) => memberId, minLength: 1, maxLength: 8 },
);

test('every partition goes to exactly one member, and shares differ by one at most', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 40 }), claimants, (count, members) => {
      const shares = [...assignSticky(range(count), members).values()];
      expect(shares.flat().sort((a, b) => a - b)).toEqual(range(count));
      const sizes = shares.map((share) => share.length);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      expect(shares).toHaveLength(members.length);
    }),
  );
});

test('does not depend on the order of members', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 40 }), claimants, (count, members) => {
      const there = assignSticky(range(count), members);
      const back = assignSticky(range(count).reverse(), [...members].reverse());
      for (const [memberId, share] of there) expect(back.get(memberId)).toEqual(share);
    }),
  );
});

test('nothing moves when nothing changes', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 40 }), claimants, (count, members) => {
      const first = assignSticky(range(count), members);
      const again = members.map((member) => ({ ...member, generation: 7, owned: first.get(member.memberId) ?? [] }));
      expect(assignSticky(range(count), again)).toEqual(first);
    }),
  );
});

test('a new member takes only what is above the others shares', () => {
  const members: Claimant[] = [
    { memberId: 'a', owned: [0, 1, 2, 3], generation: 3 },
    { memberId: 'b', owned: [4, 5, 6, 7], generation: 3 },
    { memberId: 'c', owned: [], generation: -1 },
  ];
  const shares = assignSticky(range(8), members);
  const moved = members.flatMap(({ memberId, owned }) => owned.filter((p) => !(shares.get(memberId) ?? []).includes(p)));
  expect(moved).toHaveLength(2);
  expect(shares.get('c')).toEqual(moved.sort((a, b) => a - b));
});

test('of two claims to one partition the later generation holds', () => {
  const shares = assignSticky(range(2), [
    { memberId: 'asleep', owned: [0, 1], generation: 3 },
    { memberId: 'live', owned: [0], generation: 4 },
  ]);
  expect(shares.get('live')).toEqual([0]);
  expect(shares.get('asleep')).toEqual([1]);
});

test('what a member holds survives the wire, and garbage means nothing', () => {
  expect(decodeOwned(encodeOwned(12, [3, 1, 200]))).toEqual({ generation: 12, owned: [3, 1, 200] });
  for (const data of [null, Buffer.alloc(0), Buffer.from('abc'), Buffer.from('abcdef')]) {
    expect(decodeOwned(data)).toEqual({ generation: -1, owned: [] });
  }
});
