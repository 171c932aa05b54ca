/**
 * Delivery to HTTP subscribers under a scheduler of its own time: processes die and are stopped for longer than their leases, answers of the
 * database are lost, receivers refuse, hang, take a request and do not say so. Whatever happens, each subscriber ends with every change that
 * it wants, in order, and a `webhook-id` always means the same changes.
 */
import { asAddress, asTenant } from '@desist/domain';
import { createMemorySubscribers } from '@desist/memory';
import { createDispatcher, EVERY_TENANT, FeedGapError, StoreError } from '@desist/pipeline';
import type {
  DispatcherLimits,
  FedChange,
  FeedFilter,
  PartitionFeed,
  Signal,
  Subscriber,
  SubscriberStore,
  Time,
  WebhookAnswer,
  WebhookSender,
} from '@desist/pipeline';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

/** Virtual time: the next timer runs when no promise has anything left to do. */
class Clock {
  now = 1_700_000_000_000;
  private readonly timers: { readonly at: number; readonly order: number; readonly wake: () => void }[] = [];
  private order = 0;

  sleep(ms: number, signal?: Signal): Promise<void> {
    return new Promise((wake) => {
      if (signal?.aborted === true) return wake();
      const timer = { at: this.now + Math.max(0, ms), order: (this.order += 1), wake };
      this.timers.push(timer);
      signal?.addEventListener('abort', () => {
        if (this.timers.includes(timer)) this.timers.splice(this.timers.indexOf(timer), 1);
        wake();
      });
    });
  }

  async runUntil(isOver: () => boolean, most: number): Promise<void> {
    const end = this.now + most;
    while (!isOver() && this.now < end) {
      await new Promise((resolve) => setImmediate(resolve));
      const next = this.timers.reduce<(typeof this.timers)[number] | undefined>(
        (first, one) => (first === undefined || one.at < first.at || (one.at === first.at && one.order < first.order) ? one : first),
        undefined,
      );
      if (next === undefined) continue;
      this.timers.splice(this.timers.indexOf(next), 1);
      this.now = Math.max(this.now, next.at);
      next.wake();
    }
  }
}

const TENANTS = ['acme', 'beta'];
const TYPES = ['suppressed', 'released', 'persistent'];

class Feed implements PartitionFeed {
  readonly partitions: FedChange[][] = [[], [], []];
  floor = [0, 0, 0];
  /** Changes that a page looks at, so that pages end everywhere, at another place on every try. */
  pageSize = (): number => 7;

  publish(partition: number, tenant: string, type: string): void {
    const own = this.partitions[partition]!;
    const sequence = own.length + 1;
    const who = { tenant: asTenant(tenant), address: asAddress(`r${sequence % 3}@example.com`) };
    own.push({
      kind: 'recipient',
      partition,
      incarnation: 0,
      sequence,
      ...who,
      version: sequence,
      type,
      effectiveAt: 0,
      recordedAt: 0,
      detail: '{}',
    });
  }

  ends = async (): Promise<readonly number[]> => this.partitions.map((own) => own.length);
  oldest = async (): Promise<readonly number[]> => this.floor;
  last = async (): Promise<readonly number[]> => this.ends();

  async read(filter: FeedFilter, after: readonly number[], limit: number) {
    const changes = this.partitions.flatMap((own, partition) => own.slice(after[partition] ?? 0).filter((one) => fits(one, filter)));
    if (changes.length > limit) throw new Error('more than a page');
    return { changes, position: await this.ends(), more: false };
  }

  async readPartition(filter: FeedFilter, { partition, after, upTo }: { partition: number; after: number; upTo?: number }, limit: number) {
    if (after < this.floor[partition]!) throw new FeedGapError('deleted');
    const scanned = this.partitions[partition]!.slice(after, Math.min(upTo ?? Infinity, after + this.pageSize()));
    const found = scanned.filter((one) => fits(one, filter));
    const end = Math.min(upTo ?? Infinity, this.partitions[partition]!.length);
    const place = found.length > limit ? found[limit]!.sequence - 1 : Math.max(after, scanned.at(-1)?.sequence ?? after);
    return { changes: found.slice(0, limit), place, more: place < end };
  }
}

function fits(change: FedChange, { tenants, types }: FeedFilter): boolean {
  return tenants?.includes(change.tenant) !== false && (change.kind === 'incident' || types?.includes(change.type) !== false);
}

/** `taken_unsaid`: the receiver has it, and the sender does not learn of it. */
type Fate = 'taken' | 'refused' | 'taken_unsaid' | 'hangs' | 'late';

interface Received {
  readonly id: string;
  readonly changes: readonly { readonly partition: number; readonly sequence: number }[];
}

class Receivers implements WebhookSender {
  /** By URL. */
  readonly received = new Map<string, Received[]>();
  calm = false;
  private readonly clock: Clock;
  private readonly fate: () => Fate;

  constructor(clock: Clock, fate: () => Fate) {
    this.clock = clock;
    this.fate = fate;
  }

  async send({ url, id, body }: { readonly url: string; readonly id: string; readonly body: string }): Promise<WebhookAnswer> {
    const fate = this.calm ? 'taken' : this.fate();
    const parsed = JSON.parse(body) as Received['changes'] | Received['changes'][number];
    if (fate !== 'refused' && fate !== 'hangs') {
      if (fate === 'late') await this.clock.sleep(9_000);
      this.received.set(url, [...(this.received.get(url) ?? []), { id, changes: [parsed].flat() }]);
    }
    if (fate === 'hangs' || fate === 'taken_unsaid') await this.clock.sleep(10_000);
    return fate === 'taken' || fate === 'late' ? { status: 204, problem: null, duration: 5 } : { status: 500, problem: 'no', duration: 5 };
  }
}

interface Process {
  dead: boolean;
  /** Nothing of it runs before this moment. */
  stoppedUntil: number;
  readonly ended: AbortController;
}

interface Trouble {
  readonly clock: Clock;
  readonly random: () => number;
  /** Whether the next answer is lost. */
  readonly losing: () => boolean;
}

/** Each call takes a while, may be the last one of its process, and its answer may be lost. */
function unreliable<T extends object>(port: T, process: Process, { clock, random, losing }: Trouble): T {
  const step = async (): Promise<void> => {
    await clock.sleep(random() * 20);
    while (process.stoppedUntil > clock.now) await clock.sleep(process.stoppedUntil - clock.now);
    if (process.dead) await new Promise(() => undefined);
  };
  const wrap =
    (call: (...args: never[]) => Promise<unknown>) =>
    async (...args: never[]): Promise<unknown> => {
      await step();
      const answer = await call(...args);
      await step();
      if (losing()) throw new StoreError('unavailable', 'the answer was lost');
      return answer;
    };
  return new Proxy(port, {
    get: (target, name) => {
      const value = target[name as keyof T];
      return typeof value === 'function' ? wrap((value as (...args: never[]) => Promise<unknown>).bind(target)) : value;
    },
  });
}

interface Wish {
  readonly tenant: string;
  readonly types: readonly string[] | null;
  readonly batch: number | null;
}

interface Story {
  readonly seed: number;
  readonly wishes: readonly Wish[];
  /** Steps, each followed by a while. */
  readonly steps: readonly {
    readonly what: 'publish' | 'kill' | 'stop' | 'pause' | 'resume';
    readonly which: number;
    readonly wait: number;
  }[];
}

const stories: fc.Arbitrary<Story> = fc.record({
  seed: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  wishes: fc.array(
    fc.record({
      tenant: fc.constantFrom(EVERY_TENANT, ...TENANTS),
      types: fc.option(fc.subarray(TYPES, { minLength: 1 })),
      batch: fc.option(fc.integer({ min: 1, max: 5 })),
    }),
    { minLength: 1, maxLength: 3 },
  ),
  steps: fc.array(
    fc.record({
      what: fc.oneof(
        { weight: 5, arbitrary: fc.constant('publish' as const) },
        { weight: 1, arbitrary: fc.constantFrom('kill' as const, 'stop' as const, 'pause' as const, 'resume' as const) },
      ),
      which: fc.nat(1_000),
      wait: fc.integer({ min: 0, max: 20_000 }),
    }),
    { minLength: 5, maxLength: 40 },
  ),
});

async function live({ seed, wishes, steps }: Story) {
  let state = seed;
  const random = (): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return state / 0x7fffffff;
  };
  const clock = new Clock();
  const feed = new Feed();
  feed.pageSize = () => 1 + Math.floor(random() * 7);
  const store = createMemorySubscribers({ now: () => clock.now, ends: () => feed.partitions.map((own) => own.length) });
  const fates: readonly Fate[] = ['taken', 'taken', 'taken', 'taken', 'refused', 'taken_unsaid', 'hangs', 'late'];
  const receivers = new Receivers(clock, () => fates[Math.floor(random() * fates.length)]!);
  let isCalm = false;
  const quiet = (): void => undefined;
  const places = new Map<string, number>();
  const processes: Process[] = [];
  const running: Promise<void>[] = [];

  /** The cursor of a subscriber never goes back. */
  const watched: SubscriberStore = {
    ...store,
    async advance(cursor, advance) {
      const settled = await store.advance(cursor, advance);
      const key = `${cursor.subscriber.id} ${cursor.partition}`;
      if (settled !== 'fenced') {
        expect(advance.place).toBeGreaterThanOrEqual(places.get(key) ?? 0);
        places.set(key, advance.place);
      }
      return settled;
    },
  };

  function start(): void {
    const process: Process = { dead: false, stoppedUntil: 0, ended: new AbortController() };
    const time: Time = {
      now: () => clock.now,
      monotonic: () => clock.now,
      sleep: async (ms, signal) => {
        await clock.sleep(ms, signal);
        while (process.stoppedUntil > clock.now) await clock.sleep(process.stoppedUntil - clock.now);
        if (process.dead) await new Promise(() => undefined);
      },
      yield: async () => undefined,
    };
    const losing = (): boolean => !isCalm && random() < 0.02;
    const dispatcher = createDispatcher({
      store: unreliable(watched, process, { clock, random, losing }),
      feed: unreliable(feed, process, { clock, random, losing }),
      sender: unreliable(receivers, process, { clock, random, losing: () => false }),
      encode: ({ partition, sequence }) => JSON.stringify({ partition, sequence }),
      owner: `process ${processes.length}`,
      time,
      logger: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    });
    processes.push(process);
    running.push(dispatcher.run(process.ended.signal));
  }

  const subscribers: (Subscriber & { readonly from: readonly number[] })[] = [];
  for (const [index, wish] of wishes.entries()) {
    const subscriber = { id: `wh_${index}`, url: `https://receiver/${index}`, description: null, ...wish };
    const from = await feed.ends();
    await store.add({ ...subscriber, createdBy: null, secret: 's' }, from);
    subscribers.push({ ...subscriber, from });
  }
  start();
  start();
  for (const { what, which, wait } of steps) {
    const process = processes[which % processes.length]!;
    const { id } = subscribers[which % subscribers.length]!;
    switch (what) {
      case 'publish':
        for (let n = 0; n <= which % 9; n += 1) feed.publish((which + n) % 3, TENANTS[(which >> n) % 2]!, TYPES[(which + n) % 3]!);
        break;
      case 'kill':
        process.dead = true;
        start();
        break;
      case 'stop':
        process.stoppedUntil = clock.now + 45_000;
        break;
      case 'pause':
        await store.pause(id);
        break;
      case 'resume':
        await store.resume(id, feed.floor, false);
        break;
    }
    await clock.runUntil(() => false, wait);
  }
  isCalm = true;
  receivers.calm = true;
  for (const { id } of subscribers) await store.resume(id, feed.floor, false);
  const isDelivered = (): boolean => [...subscribers].every((one) => missing(one, feed, receivers).length === 0);
  await clock.runUntil(isDelivered, 3_600_000);
  for (const { ended } of processes) ended.abort();
  return { feed, receivers, subscribers };
}

function wanted({ tenant, types, from }: Subscriber & { readonly from: readonly number[] }, feed: Feed): readonly string[] {
  const filter: FeedFilter = { ...(tenant === EVERY_TENANT ? {} : { tenants: [tenant] }), ...(types === null ? {} : { types }) };
  const all = feed.partitions.flatMap((own, partition) => own.slice(from[partition] ?? 0));
  return all.filter((one) => fits(one, filter)).map(({ partition, sequence }) => `${partition}/${sequence}`);
}

function missing(subscriber: Subscriber & { readonly from: readonly number[] }, feed: Feed, receivers: Receivers): readonly string[] {
  const got = new Set(
    (receivers.received.get(subscriber.url) ?? []).flatMap(({ changes }) =>
      changes.map(({ partition, sequence }) => `${partition}/${sequence}`),
    ),
  );
  return wanted(subscriber, feed).filter((one) => !got.has(one));
}

/** One process that delivers in virtual time. */
function deliver(send: WebhookSender['send'], limits: Partial<DispatcherLimits> = {}) {
  const clock = new Clock();
  const feed = new Feed();
  const store = createMemorySubscribers({ now: () => clock.now, ends: () => [] });
  const quiet = (): void => undefined;
  const dispatcher = createDispatcher({
    ...{ store, feed, sender: { send }, owner: 'me', limits },
    logger: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    encode: ({ sequence }) => JSON.stringify({ sequence }),
    time: {
      now: () => clock.now,
      monotonic: () => clock.now,
      sleep: (ms, signal) => clock.sleep(ms, signal),
      yield: async () => undefined,
    },
  });
  const ended = new AbortController();
  void dispatcher.run(ended.signal);
  const wish = { url: 'https://x', types: null, batch: null, description: null, createdBy: null, secret: 's' };
  return {
    ...{ clock, feed, store },
    async add(subscriber: Partial<Subscriber> & Pick<Subscriber, 'id' | 'tenant'>): Promise<void> {
      await store.add({ ...wish, ...subscriber }, await feed.ends());
    },
    end(): void {
      ended.abort();
    },
  };
}

function sequencesOf(body: string): readonly number[] {
  return [JSON.parse(body) as { sequence: number } | { sequence: number }[]].flat().map(({ sequence }) => sequence);
}

describe('delivery to HTTP subscribers', () => {
  test('nothing is lost and nothing overtakes, whatever dies, stops, refuses and hangs', async () => {
    await fc.assert(
      fc.asyncProperty(stories, async (story) => {
        const { feed, receivers, subscribers } = await live(story);
        for (const subscriber of subscribers) {
          const received = receivers.received.get(subscriber.url) ?? [];
          expect(missing(subscriber, feed, receivers), `missing at ${subscriber.id}`).toEqual([]);
          const own = new Set(wanted(subscriber, feed));
          const bodies = new Map<string, string>();
          const ids = new Map<string, string>();
          const last = new Map<number, number>();
          const first: string[] = [];
          for (const { id, changes } of received) {
            const body = JSON.stringify(changes);
            expect(bodies.get(id) ?? body, `the changes of ${id}`).toBe(body);
            bodies.set(id, body);
            if (subscriber.batch === null) expect(changes).toHaveLength(1);
            else expect(changes.length).toBeLessThanOrEqual(subscriber.batch);
            for (const { partition, sequence } of changes) {
              expect(own, 'nothing that it did not ask for').toContain(`${partition}/${sequence}`);
              const known = ids.get(`${partition}/${sequence}`) ?? id;
              expect(known, 'the same webhook-id on every try').toBe(id);
              ids.set(`${partition}/${sequence}`, id);
              // What a reader does: it drops what is not above the last number of the partition.
              if (sequence <= (last.get(partition) ?? 0)) continue;
              last.set(partition, sequence);
              first.push(`${partition}/${sequence}`);
            }
          }
          expect(first.toSorted(), 'a reader that drops what is old has everything').toEqual([...own].sort());
        }
      }),
      { numRuns: 100 },
    );
  }, 180_000);

  test('those that hang hold nobody back', async () => {
    const publishedAt = new Map<number, number>();
    const delays: number[] = [];
    const { clock, feed, add, end } = deliver(async ({ url, body }) => {
      if (url !== 'https://quick') {
        await clock.sleep(10_000);
        return { status: null, problem: 'no answer within 10 s', duration: 10_000 };
      }
      delays.push(clock.now - publishedAt.get(sequencesOf(body)[0]!)!);
      return { status: 204, problem: null, duration: 5 };
    });
    for (let n = 0; n < 300; n += 1) await add({ id: `wh_${n}`, tenant: `t${n}`, url: 'https://hangs' });
    await add({ id: 'wh_quick', tenant: 'quick', url: 'https://quick' });
    for (let second = 0; second < 120; second += 1) {
      // Each of those that hang has something new all the time, in one of three partitions.
      for (let n = 0; n < 300; n += 1) feed.publish((n + second) % 3, `t${n}`, 'suppressed');
      feed.publish(0, 'quick', 'suppressed');
      publishedAt.set(feed.partitions[0]!.length, clock.now);
      await clock.runUntil(() => false, 1_000);
    }
    end();
    expect(delays.length).toBeGreaterThanOrEqual(119);
    // At the start nobody is known to hang.
    expect(Math.max(...delays)).toBeLessThan(25_000);
    expect(Math.max(...delays.slice(30))).toBeLessThan(1_500);
  }, 60_000);

  test('a request has the same changes on every try, also when the feed then gives them on several pages', async () => {
    const bodies: (readonly number[])[] = [];
    const { clock, feed, add, end } = deliver(async ({ body }) => {
      bodies.push(sequencesOf(body));
      // What is read from now on comes two at a time.
      feed.pageSize = () => 2;
      return bodies.length === 1 ? { status: 500, problem: 'no', duration: 5 } : { status: 204, problem: null, duration: 5 };
    });
    await add({ id: 'wh_batch', tenant: 'acme', batch: 5 });
    for (let n = 0; n < 7; n += 1) feed.publish(0, 'acme', 'suppressed');
    await clock.runUntil(() => bodies.flat().includes(7), 60_000);
    end();
    expect(bodies).toEqual([
      [1, 2, 3, 4, 5],
      [1, 2, 3, 4, 5],
      [6, 7],
    ]);
  });

  const HOUR = 3_600_000;
  /** ms by which a try may be late here: looks are rare, so that three days take a second. */
  const LOOK = 30_000;
  const rarely = { interval: LOOK, sweep: LOOK, refresh: LOOK };

  test('whoever takes nothing is asked 19 times within three days, and then paused', async () => {
    const tries: number[] = [];
    const { clock, feed, store, add, end } = deliver(async () => {
      tries.push(clock.now);
      return { status: 500, problem: 'it answered 500', duration: 5 };
    }, rarely);
    await add({ id: 'wh_broken', tenant: 'acme' });
    feed.publish(0, 'acme', 'suppressed');
    await clock.runUntil(() => false, 100 * HOUR);
    expect(await store.find('wh_broken')).toMatchObject({ state: 'paused', reason: 'failing', problem: 'it answered 500' });
    end();
    expect(tries).toHaveLength(19);
    const waits = tries.slice(1).map((at, index) => at - tries[index]!);
    const steps = [10_000, 60_000, 300_000, 900_000, HOUR, 4 * HOUR, ...Array.from({ length: 11 }, () => 6 * HOUR)];
    for (const [index, step] of steps.entries()) {
      expect(waits[index]).toBeGreaterThanOrEqual(step);
      expect(waits[index]).toBeLessThanOrEqual(step + 2 * LOOK);
    }
    const lasted = tries.at(-1)! - tries[0]!;
    expect(lasted).toBeGreaterThanOrEqual(72 * HOUR);
    expect(lasted).toBeLessThanOrEqual(72 * HOUR + 2 * LOOK);
  });

  test('after 410 nothing is sent any more', async () => {
    const tries: number[] = [];
    const { clock, feed, store, add, end } = deliver(async () => {
      tries.push(clock.now);
      return { status: 410, problem: 'it answered 410', duration: 5 };
    });
    await add({ id: 'wh_gone', tenant: 'acme' });
    feed.publish(0, 'acme', 'suppressed');
    await clock.runUntil(() => tries.length > 0, HOUR);
    feed.publish(0, 'acme', 'released');
    await clock.runUntil(() => false, HOUR);
    expect(await store.find('wh_gone')).toMatchObject({ state: 'ended', reason: 'gone' });
    expect(await store.resume('wh_gone', feed.floor, false)).toBe('ended');
    end();
    expect(tries).toHaveLength(1);
  });

  test('the next try is not made before the subscriber asked for it', async () => {
    const tries: number[] = [];
    const { clock, feed, add, end } = deliver(async () => {
      tries.push(clock.now);
      if (tries.length > 2) return { status: 204, problem: null, duration: 5 };
      // The second time it asks for less than it gets anyway.
      return { status: 429, problem: 'it answered 429', duration: 5, retryAfter: tries.length === 1 ? 45_000 : 1_000 };
    });
    await add({ id: 'wh_busy', tenant: 'acme' });
    feed.publish(0, 'acme', 'suppressed');
    await clock.runUntil(() => tries.length === 3, HOUR);
    end();
    const [first = 0, second = 0, third = 0] = tries;
    expect(second - first).toBeGreaterThanOrEqual(45_000);
    expect(second - first).toBeLessThan(50_000);
    expect(third - second).toBeGreaterThanOrEqual(60_000);
    expect(third - second).toBeLessThan(65_000);
  });
});
