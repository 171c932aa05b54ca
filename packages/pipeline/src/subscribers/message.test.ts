import { asAddress, asTenant } from '@desist/domain';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { FedChange } from '../ports/change-feed.ts';
import { firstMessage, messageId, wholeMessage } from './message.ts';

const change = (sequence: number, detail = '{}'): FedChange => ({
  ...{
    kind: 'recipient',
    partition: 3,
    incarnation: 0,
    sequence,
    tenant: asTenant('acme'),
    address: asAddress('a@example.com'),
    version: sequence,
  },
  ...{ type: 'suppressed', effectiveAt: 0, recordedAt: 0, detail },
});
const encode = (one: FedChange): string => (one.kind === 'recipient' ? one.detail : one.change);

test('without batches a request has one change, and no array', () => {
  expect(firstMessage([change(5, '{"a":1}'), change(6)], null, encode)).toEqual({ body: '{"a":1}', changes: 1, after: 4, upTo: 5 });
  expect(firstMessage([], null, encode)).toBeUndefined();
});

test('a batch has as many as were asked for, in an array, also when there is one only', () => {
  const changes = [5, 8, 9].map((sequence) => change(sequence, `{"n":${sequence}}`));
  expect(firstMessage(changes, 2, encode)).toEqual({ body: '[{"n":5},{"n":8}]', changes: 2, after: 4, upTo: 8 });
  expect(firstMessage(changes.slice(0, 1), 2, encode)).toMatchObject({ body: '[{"n":5}]' });
  expect(wholeMessage(changes.slice(0, 2), 2, encode)).toBe('[{"n":5},{"n":8}]');
});

test('the size of a batch is bounded, unless its first change alone is larger', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 2, max: 200_000 }), { minLength: 1, maxLength: 12 }), (lengths) => {
      const changes = lengths.map((length, index) => change(index + 1, `"${'x'.repeat(length - 2)}"`));
      const message = firstMessage(changes, 500, encode);
      expect(message!.changes === 1 || message!.body.length <= 256 * 1_024).toBe(true);
      const next = lengths[message!.changes];
      if (next !== undefined) expect(message!.body.length + next + 1).toBeGreaterThan(256 * 1_024);
      expect(message!.upTo).toBe(message!.changes);
    }),
    { numRuns: 50 },
  );
});

test('two subscribers and two requests never have the same id', () => {
  const ids = ['wh_a', 'wh_b'].flatMap((id) => [0, 1].flatMap((partition) => [7, 8].map((upTo) => messageId({ id }, partition, upTo))));
  expect(new Set(ids).size).toBe(8);
  // A dot would be a separator of what is signed.
  for (const id of ids) expect(id).toMatch(/^msg_[a-z0-9_]+$/);
});
