import fc from 'fast-check';
import { expect, it } from 'vitest';
import { LogError, StoreError } from './errors.ts';
import { createRetry, createWaits, retryDelay } from './retry.ts';
import type { Time } from './time.ts';

interface Line {
  readonly message: string;
  readonly attempt?: number;
}

/** A host whose waits pass at once, and are noted. */
function host(): { readonly time: Time; readonly slept: number[]; readonly lines: Line[] } & ReturnType<typeof createWaits> {
  const slept: number[] = [];
  const lines: Line[] = [];
  let now = 0;
  const time: Time = {
    now: () => now,
    monotonic: () => now,
    async sleep(ms) {
      slept.push(ms);
      now += ms;
    },
    yield: async () => undefined,
  };
  const note = (fields: object, message: string): void => void lines.push({ ...fields, message });
  return { time, slept, lines, ...createWaits({ warn: note, info: note }, time) };
}

/** Fails so often, then answers. */
function failing(times: number, error: Error): () => Promise<string> {
  let calls = 0;
  return async () => {
    calls += 1;
    if (calls <= times) throw error;
    return `answer ${calls}`;
  };
}

/** Of an engine that goes on. */
const OPEN = new AbortController().signal;
const AWAY = new StoreError('unavailable', 'database: away');

it.each([AWAY, new LogError('unavailable', 'log: away'), new StoreError('outcome_unknown', 'the answer to COMMIT was lost')])(
  '%s is waited for, however long it takes',
  async (error) => {
    const { time, slept, retries, problems, ...waits } = host();
    expect(await createRetry({ time, waits, closing: OPEN })('loading', failing(200, error))).toBe('answer 201');
    expect(slept).toHaveLength(200);
    expect(retries()).toBe(200);
    expect(problems()).toEqual([]);
  },
);

it.each([
  [new StoreError('incompatible', 'another version'), 'incompatible', 'another version'],
  [new LogError('misconfigured', 'no such topic'), 'misconfigured', 'no such topic'],
  [new Error('column "x" does not exist'), 'refused', 'loading: column "x" does not exist'],
])('%s is not: it is thrown at once, by its remedy', async (error, kind, message) => {
  const { time, slept, ...waits } = host();
  await expect(createRetry({ time, waits, closing: OPEN })('loading', failing(1, error))).rejects.toMatchObject({ kind, message });
  expect(slept).toEqual([]);
});

it('is logged from the fifth try on, again after half a minute, and when it is over', async () => {
  const { time, lines, problems, begin } = host();
  const seen: number[] = [];
  const work = failing(12, AWAY);
  await createRetry({ time, waits: { begin }, closing: OPEN })('loading', () => {
    seen.push(problems().length);
    return work();
  });
  expect(lines.map(({ message, attempt }) => [message, attempt])).toEqual([
    ['waiting for the database or the log', 5],
    ['going on', undefined],
  ]);
  // Five tries have failed before the sixth: from there on the process says that it is not ready.
  expect(seen).toEqual([0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1]);
  expect(problems()).toEqual([]);
  lines.length = 0;
  await createRetry({ time, waits: { begin }, closing: OPEN })('loading', failing(20, AWAY));
  expect(lines.filter(({ attempt }) => attempt !== undefined).length).toBeGreaterThan(1);
});

it('pauses between half and all of a doubling delay, with jitter', () => {
  const moment = fc.double({ min: 0, max: 1e9, noNaN: true });
  fc.assert(
    fc.property(fc.nat({ max: 40 }), moment, (attempt, now) => {
      const whole = Math.min(5_000, 50 * 2 ** Math.min(attempt, 10));
      const delay = retryDelay(attempt, { monotonic: () => now });
      expect(Number.isInteger(delay)).toBe(true);
      expect(delay).toBeGreaterThanOrEqual(whole / 2);
      expect(delay).toBeLessThanOrEqual(whole);
    }),
  );
  const delays = Array.from({ length: 100 }, (_, index) => retryDelay(9, { monotonic: () => index * 3.7 }));
  expect(new Set(delays).size).toBeGreaterThan(80);
});

it('ends when the engine closes, with what the last attempt met: also in the middle of a delay', async () => {
  const { time, waits, problems } = (({ time, problems, ...waits }) => ({ time, problems, waits }))(host());
  const closing = new AbortController();
  let slept = 0;
  // Only the signal ends the tenth delay.
  const asleep: typeof time.sleep = (_, signal) =>
    new Promise((resolve) => {
      slept += 1;
      if (slept < 10) resolve();
      else {
        signal?.addEventListener('abort', () => resolve(), { once: true });
        closing.abort();
      }
    });
  const retry = createRetry({ time: { ...time, sleep: asleep }, waits, closing: closing.signal });
  await expect(retry('loading', failing(Number.POSITIVE_INFINITY, AWAY))).rejects.toBe(AWAY);
  expect(problems()).toEqual([]);
  let asked = 0;
  await expect(retry('loading', async () => (asked += 1))).rejects.toMatchObject({
    kind: 'unavailable',
    message: 'loading: the engine is closed',
  });
  expect(asked).toBe(0);
});
