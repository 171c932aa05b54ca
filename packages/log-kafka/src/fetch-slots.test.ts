import type { AssignOutcome, LogConsumer } from '@desist/pipeline';
import { expect, test } from 'vitest';

import { createFetchSlots, type FetchSlots } from './fetch-slots.ts';

/** FetchSlots with a consumer whose answers the test gives, and everything that was asked, in order. */
function scripted(retry = 1): {
  slots: FetchSlots;
  calls: string[];
  assigns: PromiseWithResolvers<AssignOutcome>[];
  beat: () => void;
  lose: () => void;
  errors: unknown[];
} {
  const calls: string[] = [];
  const assigns: PromiseWithResolvers<AssignOutcome>[] = [];
  const errors: unknown[] = [];
  let beat: () => void = () => undefined;
  let taken = false;
  const consumer: LogConsumer = {
    assign: (partition) => {
      calls.push(`assign ${String(partition)}`);
      const answer = Promise.withResolvers<AssignOutcome>();
      assigns.push(answer);
      return answer.promise;
    },
    batch: () => Promise.resolve({ kind: 'processed' }),
    caughtUp: (partition, position, asOf) => {
      calls.push(`caughtUp ${String(partition)} ${String(position)} ${String(asOf)}`);
      return taken ? 'fenced' : undefined;
    },
    revoke: (partitions) => {
      calls.push(`revoke ${partitions.join(' ')}`);
      return Promise.resolve();
    },
  };
  const slots = createFetchSlots(
    consumer,
    {
      seek: (partition, offset) => calls.push(`seek ${String(partition)} ${String(offset)}`),
      pause: (partitions) => calls.push(`pause ${partitions.join(' ')}`),
      resume: (partition) => calls.push(`resume ${String(partition)}`),
      heartbeat: () =>
        new Promise((resolve) => {
          beat = resolve;
        }),
      fail: (error) => errors.push(error),
      stopped: (partition, offset, reason) => calls.push(`stopped ${String(partition)} ${String(offset)} ${String(reason)}`),
    },
    retry,
  );
  return {
    slots,
    calls,
    assigns,
    errors,
    lose: () => void (taken = true),
    beat: () => {
      beat();
    },
  };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('pauses at once, and reads from where the consumer says', async () => {
  const { slots, calls, assigns } = scripted();
  slots.join([4]);
  expect(calls).toEqual(['pause 4']);
  await turn();
  expect(slots.reading()).toEqual([]);
  assigns[0]?.resolve({ kind: 'start', offset: 17 });
  await turn();
  expect(calls).toEqual(['pause 4', 'assign 4', 'seek 4 17', 'resume 4']);
  expect(slots.get(4)).toMatchObject({ state: 'reading', position: 17 });
});

test('an answer that comes after the partition was lost does not start it, and is revoked', async () => {
  const { slots, calls, assigns } = scripted();
  slots.join([1]);
  await turn();
  slots.join([]);
  expect(calls).toContain('revoke 1');
  assigns[0]?.resolve({ kind: 'start', offset: 3 });
  await turn();
  expect(calls.filter((call) => call === 'revoke 1')).toHaveLength(2);
  expect(calls).not.toContain('resume 1');
});

test('after a join the consumer is asked again, once its earlier answer has come', async () => {
  const { slots, calls, assigns } = scripted();
  slots.join([1]);
  await turn();
  slots.join([1]);
  await turn();
  expect(calls.filter((call) => call === 'assign 1')).toHaveLength(1);
  assigns[0]?.resolve({ kind: 'start', offset: 3 });
  await turn();
  await turn();
  expect(calls.filter((call) => call === 'assign 1')).toHaveLength(2);
  expect(calls).not.toContain('resume 1');
  assigns[1]?.resolve({ kind: 'start', offset: 5 });
  await turn();
  expect(calls.slice(-2)).toEqual(['seek 1 5', 'resume 1']);
  expect(calls).not.toContain('revoke 1');
});

test('a batch that is under way holds up the next assignment of its partition only', async () => {
  const { slots, calls, assigns } = scripted();
  const work: PromiseWithResolvers<void> = Promise.withResolvers();
  slots.join([1, 2]);
  await turn();
  for (const answer of assigns) answer.resolve({ kind: 'start', offset: 0 });
  await turn();
  slots.occupy(1, work.promise);
  slots.join([1, 2]);
  await turn();
  expect(calls.filter((call) => call.startsWith('assign'))).toEqual(['assign 1', 'assign 2', 'assign 2']);
  work.reject(new Error('cut off'));
  await turn();
  expect(calls.at(-1)).toBe('assign 1');
});

test('fenced: no claim before the coordinator has accepted a heartbeat', async () => {
  const { slots, calls, assigns, beat } = scripted();
  slots.join([1]);
  await turn();
  assigns[0]?.resolve({ kind: 'start', offset: 0 });
  await turn();
  const slot = slots.get(1);
  if (slot === undefined) throw new Error('no slot');
  slots.fenced(slot);
  await turn();
  expect(calls.at(-1)).toBe('pause 1');
  beat();
  await turn();
  expect(calls.at(-1)).toBe('assign 1');
});

test('an idle partition that another owner has is claimed again, after a heartbeat as well', async () => {
  const { slots, calls, assigns, beat, lose } = scripted();
  slots.join([1]);
  await turn();
  assigns[0]?.resolve({ kind: 'start', offset: 4 });
  await turn();
  const slot = slots.get(1);
  if (slot === undefined) throw new Error('no slot');
  lose();
  slots.mark(slot, 100, { low: 0, high: 4 });
  await turn();
  expect(calls.slice(-2)).toEqual(['caughtUp 1 4 100', 'pause 1']);
  beat();
  await turn();
  expect(calls.at(-1)).toBe('assign 1');
});

test('caught up is said when the mark is reached, with the moment of the mark', async () => {
  const { slots, calls, assigns } = scripted();
  slots.join([1]);
  await turn();
  assigns[0]?.resolve({ kind: 'start', offset: 0 });
  await turn();
  const slot = slots.get(1);
  if (slot === undefined) throw new Error('no slot');
  slots.mark(slot, 100, { low: 0, high: 10 });
  slots.mark(slot, 200, { low: 0, high: 20 });
  slots.advance(slot, 9);
  expect(calls.some((call) => call.startsWith('caughtUp'))).toBe(false);
  slots.advance(slot, 12);
  expect(calls.at(-1)).toBe('caughtUp 1 12 100');
  slots.advance(slot, 30);
  expect(calls.at(-1)).toBe('caughtUp 1 12 100');
});

test('a stopped partition is tried again until it may start', async () => {
  const { slots, calls, assigns } = scripted();
  slots.join([1]);
  await turn();
  assigns[0]?.resolve({ kind: 'stopped', reason: 'lost events' });
  while (assigns.length < 2) await turn();
  assigns[1]?.resolve({ kind: 'stopped', reason: 'lost events' });
  while (assigns.length < 3) await turn();
  assigns[2]?.resolve({ kind: 'start', offset: 8 });
  await turn();
  expect(calls.filter((call) => call.startsWith('stopped'))).toEqual(['stopped 1 0 lost events', 'stopped 1 8 null']);
  expect(calls.at(-1)).toBe('resume 1');
});
