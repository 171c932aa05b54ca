import { expect, test } from 'vitest';

import type { Outgoing } from './batching.ts';
import { createSendQueue, type BaseOffsets } from './send-queue.ts';

const record = (value: string, partition = 0): Outgoing => ({
  partition,
  bytes: 10,
  key: null,
  value: Buffer.from(value),
  headers: {},
});
const text = (records: readonly Outgoing[]): string => records.map(({ value }) => String(value)).join('');

/** A log in memory that fails when told to. */
function scripted(fails: (text: string) => Error | null = () => null) {
  const calls: string[] = [];
  const logs = new Map<number, string[]>();
  let inFlight = 0;
  return {
    calls,
    logs,
    send: async (records: readonly Outgoing[]): Promise<BaseOffsets> => {
      expect(++inFlight).toBe(1);
      await new Promise((resolve) => setImmediate(resolve));
      inFlight--;
      calls.push(text(records));
      const error = fails(text(records));
      if (error !== null) throw error;
      const bases = new Map<number, number>();
      for (const { partition, value } of records) {
        const log = logs.get(partition) ?? [];
        logs.set(partition, log);
        if (!bases.has(partition)) bases.set(partition, log.length);
        log.push(String(value));
      }
      return bases;
    },
  };
}

test('answers the position of every record, also when appends share a call', async () => {
  const log = scripted();
  const queue = createSendQueue(log.send, () => false);
  const [first, second] = await Promise.all([
    queue.append([record('a', 0), record('b', 1), record('c', 0)]),
    queue.append([record('d', 1), record('e', 0)]),
  ]);
  expect(log.calls).toEqual(['abcde']);
  expect(first).toEqual([
    { partition: 0, offset: 0 },
    { partition: 1, offset: 0 },
    { partition: 0, offset: 1 },
  ]);
  expect(second).toEqual([
    { partition: 1, offset: 1 },
    { partition: 0, offset: 2 },
  ]);
});

test('one send at a time, in order', async () => {
  const log = scripted();
  const queue = createSendQueue(log.send, () => false);
  const appends: Promise<unknown>[] = [];
  for (const value of 'abcdefgh') {
    appends.push(queue.append([record(value)]));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await Promise.all(appends);
  expect(log.logs.get(0)?.join('')).toBe('abcdefgh');
});

test('after a rejection nothing of the same append follows, and later ones go on', async () => {
  const log = scripted((sent) => (sent.startsWith('x') ? new Error('away') : null));
  const queue = createSendQueue(log.send, () => false);
  const many = Array.from({ length: 2_500 }, () => record('x'));
  const rejected = queue.append(many);
  await expect(rejected).rejects.toThrow('away');
  expect(log.calls).toHaveLength(1);
  await expect(queue.append([record('y')])).resolves.toEqual([{ partition: 0, offset: 0 }]);
});

test('a record that the log refuses for good rejects its own append only', async () => {
  const log = scripted((sent) => (sent.includes('!') ? new Error('too large') : null));
  const queue = createSendQueue(log.send, () => true);
  const outcomes = await Promise.allSettled([
    queue.append([record('a'), record('b')]),
    queue.append([record('!')]),
    queue.append([record('c')]),
  ]);
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(log.logs.get(0)?.join('')).toBe('abc');
  await Promise.all([queue.append([record('d')]), queue.append([record('e')])]);
  expect(log.calls.at(-1)).toBe('de');
});

test('idle waits for what is under way', async () => {
  const gate: PromiseWithResolvers<void> = Promise.withResolvers();
  let sent = false;
  const queue = createSendQueue(
    async () => {
      await gate.promise;
      sent = true;
      return new Map([[0, 0]]);
    },
    () => false,
  );
  const append = queue.append([record('a')]);
  gate.resolve();
  await queue.idle();
  expect(sent).toBe(true);
  await append;
});
