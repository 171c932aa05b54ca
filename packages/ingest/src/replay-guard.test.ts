import { describe, expect, test } from 'vitest';
import { createReplayGuard } from './replay-guard.ts';
import { deferred } from './support.test-kit.ts';

const guardOf = (limit?: number) => createReplayGuard<string>((outcome) => outcome === 'good', limit);
const token = (name: string, until = 10) => ({ token: name, until });
const good = async (): Promise<string> => 'good';
const never = async (): Promise<string> => {
  throw new Error('a repeat must not be taken');
};

describe('a replay token', () => {
  test('is accepted once, until it is too old', async () => {
    const guard = guardOf();
    expect(await guard.runOnce(token('a'), 0, good)).toBe('good');
    expect(await guard.runOnce(token('a'), 10, never)).toBe('stored');
    expect(await guard.runOnce(token('a', 30), 11, good)).toBe('good');
  });

  test('is free again if the first request was not stored or failed', async () => {
    const guard = guardOf();
    expect(await guard.runOnce(token('a'), 0, async () => 'bad')).toBe('bad');
    await expect(guard.runOnce(token('a'), 0, never)).rejects.toThrow('must not be taken');
    expect(await guard.runOnce(token('a'), 0, good)).toBe('good');
  });

  test('shares the outcome of a request in progress with its repeats, also a failure', async () => {
    const guard = guardOf();
    const first = deferred<string>();
    const all = [
      guard.runOnce(token('a'), 0, () => first.promise),
      guard.runOnce(token('a'), 0, never),
      guard.runOnce(token('a'), 0, never),
    ];
    first.reject(new Error('no log'));
    expect((await Promise.allSettled(all)).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(guard.size()).toBe(0);
  });

  test('evicted during a request and used again is not freed by the first request', async () => {
    const guard = guardOf();
    const first = deferred<string>();
    const slow = guard.runOnce(token('a', 5), 0, () => first.promise);
    expect(await guard.runOnce(token('a', 20), 10, good)).toBe('good');
    first.resolve('bad');
    await slow;
    expect(await guard.runOnce(token('a', 20), 10, never)).toBe('stored');
  });
});

test('is evicted when too old, or when it is the oldest beyond the limit', async () => {
  const guard = guardOf(3);
  await guard.runOnce(token('a', 10), 0, good);
  await guard.runOnce(token('b', 30), 11, good);
  expect(guard.size()).toBe(1);
  for (const name of ['c', 'd', 'e']) await guard.runOnce(token(name, 30), 12, good);
  expect(guard.size()).toBe(3);
  expect(await guard.runOnce(token('b', 30), 12, good)).toBe('good');
  expect(await guard.runOnce(token('e', 30), 12, never)).toBe('stored');
});
