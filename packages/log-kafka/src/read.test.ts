import type { Kafka } from 'kafkajs';
import { expect, it } from 'vitest';
import type { LogBounds } from '@desist/pipeline';
import type { Admins } from './admin.ts';
import type { Settings } from './options.ts';
import { readTopic } from './read.ts';

type Listener = (event: { readonly payload: object }) => void;
type Handler = (payload: object) => Promise<void>;

/** A consumer of kafkajs, whose answers the test gives. */
function world(bounds: () => LogBounds) {
  const listeners = new Map<string, Listener>();
  const running: PromiseWithResolvers<Handler> = Promise.withResolvers();
  const consumer = {
    events: { GROUP_JOIN: 'join', END_BATCH_PROCESS: 'end', FETCH: 'fetch', CRASH: 'crash' },
    on: (event: string, listener: Listener) => void listeners.set(event, listener),
    connect: async () => undefined,
    subscribe: async () => undefined,
    run: async ({ eachBatch }: { readonly eachBatch: Handler }) => {
      running.resolve(eachBatch);
    },
    seek: () => undefined,
    disconnect: async () => undefined,
  };
  let asked = 0;
  const admins = {
    partitions: async () => 1,
    offsets: async () => {
      asked += 1;
      return new Map([[0, bounds()]]);
    },
    use: async () => undefined,
  };
  const settings = { topics: { suppressions: 'suppressions' }, groupId: 'desist' };
  const reading = readTopic(
    {
      client: { consumer: () => consumer } as unknown as Kafka,
      settings: settings as unknown as Settings,
      admins: admins as unknown as Admins,
    },
    'suppressions',
  );
  const tell = (event: string, payload: object): void => listeners.get(event)?.({ payload });
  return {
    reading,
    asked: () => asked,
    handler: running.promise,
    /** So many fetches that waited in vain. */
    async quiet(fetches: number) {
      for (let n = 0; n < fetches; n += 1) {
        tell('fetch', { duration: 250 });
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
    async records(...offsets: readonly number[]) {
      const messages = offsets.map((offset) => ({ offset: String(offset), key: null, value: null, timestamp: '0', headers: {} }));
      const batch = { partition: 0, messages, lastOffset: () => String(offsets.at(-1)) };
      await (
        await running.promise
      )({ batch, heartbeat: async () => undefined });
    },
    /** A batch of control, aborted or compacted records. */
    hidden: (lastOffset: number) => {
      tell('end', { batchSize: 0, partition: 0, lastOffset: String(lastOffset) });
    },
  };
}

async function offsetsOf(reading: AsyncIterable<{ readonly offset: number }>): Promise<readonly number[]> {
  const offsets: number[] = [];
  for await (const { offset } of reading) offsets.push(offset);
  return offsets;
}

it('reads up to the end, however long a loaded broker answers nothing', async () => {
  const { reading, handler, quiet, records, hidden } = world(() => ({ low: 0, high: 5 }));
  const read = offsetsOf(reading);
  await handler;
  await quiet(100);
  await records(0, 1);
  await quiet(100);
  await records(2);
  await quiet(20);
  hidden(4);
  expect(await read).toEqual([0, 1, 2]);
});

it('takes nothing for quiet while the reader holds a batch: its partition is not fetched meanwhile', async () => {
  const { reading, handler, quiet, records, hidden, asked } = world(() => ({ low: 0, high: 3 }));
  const first = reading.next();
  await handler;
  const taken = records(0, 1);
  expect((await first).value).toMatchObject({ offset: 0 });
  await quiet(500);
  expect((await reading.next()).value).toMatchObject({ offset: 1 });
  const last = reading.next();
  await taken;
  hidden(2);
  expect((await last).done).toBe(true);
  expect(asked()).toBe(1);
});

it.each([
  ['records were deleted up to the end', { low: 9, high: 9 }],
  ['the topic was made again with less in it', { low: 0, high: 2 }],
])('ends when %s', async (_, after) => {
  let bounds: LogBounds = { low: 0, high: 5 };
  const { reading, handler, quiet, records } = world(() => bounds);
  const read = offsetsOf(reading);
  await handler;
  await records(0, 1);
  bounds = after;
  await quiet(20);
  expect(await read).toEqual([0, 1]);
});

it('fails when the end is never reached: nobody takes a part of the topic for all of it', async () => {
  const { reading, handler, quiet } = world(() => ({ low: 0, high: 5 }));
  const read = expect(offsetsOf(reading)).rejects.toMatchObject({ kind: 'unavailable' });
  await handler;
  await quiet(300);
  await read;
});
