import { expect, it } from 'vitest';
import type { LogRecord } from '../ports/log.ts';
import { createPoisonGuard, ISOLATE_AFTER } from './poison-guard.ts';

const record = (offset: number): LogRecord => ({ offset, key: null, value: null, recordTime: 0 });
const records = [record(4), record(5), record(7)];
const batch = { records, nextOffset: 9, position: 5 };

function guardOf(unfinishedAttempts: number, attempts: number | null = unfinishedAttempts + 1) {
  return createPoisonGuard({
    owner: { partition: 0, epoch: 1, nonce: 'mine' },
    unfinishedAttempts,
    store: { beginAttempt: async () => attempts },
    retry: (_, work) => work(),
  });
}

it('as usual a batch is one step, and the first one is counted', () => {
  const guard = guardOf(ISOLATE_AFTER - 1);
  const whole = { records, nextOffset: 9, mode: 'shared', flushes: false };
  expect([...guard.steps(batch)]).toEqual([{ ...whole, isCounted: true }]);
  expect([...guard.steps(batch)]).toEqual([{ ...whole, isCounted: false }]);
});

it('after unfinished attempts each record is a step of its own, alone, counted and committed; then all is as usual', () => {
  const guard = guardOf(ISOLATE_AFTER);
  const alone = { mode: 'exclusive', isCounted: true, flushes: true };
  const values: number[] = [];
  const steps = [...guard.steps(batch)].map((step) => (values.push(guard.valueFor(true)), step));
  expect(steps).toEqual([
    { ...alone, records: [record(5)], nextOffset: 6 },
    { ...alone, records: [record(7)], nextOffset: 8 },
    { records: [], nextOffset: 9, mode: 'shared', isCounted: false, flushes: true },
  ]);
  expect(values.at(-1)).toBe(0);
  expect(guard.isolating()).toBeUndefined();
  expect([...guard.steps(batch)]).toMatchObject([{ mode: 'shared', isCounted: false }]);
});

it('a batch that was left in the middle leaves the next one isolated', () => {
  const guard = guardOf(ISOLATE_AFTER);
  for (const _step of guard.steps(batch)) break;
  expect(guard.isolating()).toBe(ISOLATE_AFTER);
  expect(guard.valueFor(true)).toBe(ISOLATE_AFTER);
  expect(guard.owed()).toBe(false);
});

it.each([
  ['exclusive', ISOLATE_AFTER + 4, 'begun'],
  ['exclusive', ISOLATE_AFTER + 5, 'give_up'],
  // A batch says nothing about one record.
  ['shared', ISOLATE_AFTER + 5, 'begun'],
  ['exclusive', null, 'fenced'],
] as const)('a step that is taken %s and begun for the %s. time: %s', async (mode, attempts, kind) => {
  const step = { records, nextOffset: 9, mode, isCounted: true, flushes: true };
  expect(await guardOf(ISOLATE_AFTER, attempts).begin(step)).toMatchObject({ kind });
});
