import { expect, test } from 'vitest';

import { positionAfterHidden } from './hidden.ts';

test.each([
  ['markers at the position are passed', 5, { batchSize: 0, firstOffset: '5', lastOffset: '6' }, 7],
  ['a batch that begins before the position and ends behind it is passed', 5, { batchSize: 0, firstOffset: '3', lastOffset: '5' }, 6],
  ['one that was read before moves nothing back', 9, { batchSize: 0, firstOffset: '3', lastOffset: '5' }, 9],
  ['one that begins behind the position was fetched before a seek', 5, { batchSize: 0, firstOffset: '6', lastOffset: '8' }, null],
  ['records move the position themselves', 5, { batchSize: 1, firstOffset: '5', lastOffset: '6' }, null],
  ['an empty answer says nothing', 5, { batchSize: 0, firstOffset: null, lastOffset: null }, null],
])('%s', (_, position, fetched, expected) => {
  expect(positionAfterHidden(position, fetched)).toBe(expected);
});
