/**
 * Time as it is: idle partitions, clocks that are wrong by a month, both kinds of record time, outages, replays. The engine on memory
 * adapters; what Kafka and Postgres add to it stands in test/integration and test/invariants.
 */
import { encodeEvent } from '@desist/formats/event';
import { asAddress, asTenant, DEFAULT_POLICY, HOUR, MINUTE } from '@desist/domain';
import type { DeliveryEvent, PolicySet } from '@desist/domain';
import { createMemoryLog, createMemoryStore } from '@desist/memory';
import type { MemoryStore } from '@desist/memory';
import { createEngine } from '@desist/pipeline';
import type { Engine, LogRecord, Time } from '@desist/pipeline';
import { describe, expect, it } from 'vitest';
import { codec } from '@desist/runtime/codec';

const BEGIN = Date.UTC(2026, 2, 1);
const GRACE = MINUTE;
const POLICIES: PolicySet = { version: 'sha256:test', base: DEFAULT_POLICY, tenants: new Map() };
const FULL = { code: 452, enhanced: '4.2.2', text: '452 4.2.2 Mailbox full' };
const BUSY = { code: 451, enhanced: '4.3.0', text: '451 4.3.0 Temporary system problem' };
const encoder = new TextEncoder();

interface Sent {
  readonly event: DeliveryEvent;
  /** As the log says; without it that of the event. */
  readonly recordTime?: number;
}

function sent(who: string, type: 'deferred' | 'delivered', hours: number, { recordHours = hours, smtp = FULL } = {}): Sent {
  const occurredAt = BEGIN + Math.round(hours * HOUR);
  const id = `${who} ${type} ${hours}`;
  const failed = type === 'deferred' ? { smtp } : {};
  const common = { id, tenant: asTenant('acme'), recipient: asAddress(`${who}@example.com`), stream: 'default', messageId: id };
  return { event: { ...common, type, occurredAt, ...failed }, recordTime: BEGIN + Math.round(recordHours * HOUR) };
}

const failing = (who: string, ...hours: readonly number[]): readonly Sent[] => hours.map((at) => sent(who, 'deferred', at));
const inOrder = (...all: readonly Sent[]): readonly Sent[] => all.toSorted((a, b) => (a.recordTime ?? 0) - (b.recordTime ?? 0));

interface Host {
  readonly store: MemoryStore;
  /** The present, ms. */
  present: number;
  /** By how much the host's clock goes before it. */
  ahead: number;
  databaseAhead: number;
  start(): Promise<Engine>;
  /** Hands records to the engine, `size` at a time. */
  read(engine: Engine, all: readonly Sent[], size?: number): Promise<void>;
  /** The end of the log was reached at the present moment. */
  caughtUp(engine: Engine): Promise<void>;
  clock(engine: Engine): number;
  suppressed(): readonly string[];
}

function host(present: number): Host {
  const log = createMemoryLog({ partitions: 1, now: () => self.present, pause: () => Promise.resolve() });
  const time: Time = {
    now: () => self.present + self.ahead,
    // Finer than milliseconds, as a host's is.
    monotonic: () => self.present + (ticks += 0.01),
    sleep: () => new Promise((resolve) => setImmediate(resolve)),
    yield: () => Promise.resolve(),
  };
  const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
  let offset = 0;
  let ticks = 0;
  const self: Host = {
    store: createMemoryStore(() => self.present + self.databaseAhead),
    present,
    ahead: 0,
    databaseAhead: 0,
    async start() {
      const { store } = self;
      // The log's bounds are not what these tests are about.
      const source = { identity: async () => 'a log', bounds: async () => ({ low: 0, high: Number.MAX_SAFE_INTEGER }) };
      const engine = createEngine({
        store,
        source,
        sink: log,
        codec: codec,
        policies: POLICIES,
        time,
        logger: quiet,
        owner: 'me',
        grace: GRACE,
      });
      const assigned = await engine.assign(0);
      if (assigned.kind === 'start') offset = engine.status()[0]?.position ?? 0;
      return engine;
    },
    async read(engine, all, size = all.length) {
      for (let from = 0; from < all.length; from += size) {
        const records = all.slice(from, from + size).map(({ event, recordTime }, index): LogRecord => {
          const { key, value } = encodeEvent(event);
          return {
            offset: offset + index,
            key: encoder.encode(key),
            value: encoder.encode(value),
            recordTime: recordTime ?? event.occurredAt,
          };
        });
        const firstOffset = offset;
        offset += records.length;
        const outcome = await engine.batch({ partition: 0, firstOffset, nextOffset: offset, highWatermark: offset, records });
        expect(outcome).toEqual({ kind: 'processed' });
      }
    },
    async caughtUp(engine) {
      engine.caughtUp(0, offset, self.present + self.ahead);
      // Behind what was begun, in turn.
      await engine.batch({ partition: 0, firstOffset: offset, nextOffset: offset, highWatermark: offset, records: [] });
      await engine.revoke([0]);
    },
    clock: (engine) => engine.status()[0]?.clock ?? Number.NaN,
    suppressed: () =>
      self.store.rows().flatMap(({ address, active: holds }) => (holds?.suppressions ?? []).map(() => address.split('@')[0] ?? '')),
  };
  return self;
}

const at = (hours: number): number => BEGIN + Math.round(hours * HOUR);
const dense = (who: string): readonly Sent[] => failing(who, 0, 20, 40, 60);

describe('an idle partition', () => {
  it('fires its deadlines by the present minus the grace, and records the clock move', async () => {
    const one = host(at(61));
    const engine = await one.start();
    await one.read(engine, dense('a'));
    one.present = at(72) + GRACE;
    await one.caughtUp(engine);
    expect(one.suppressed()).toEqual(['a']);
    expect(one.store.clockMoves()).toEqual([{ beforeOffset: 4, clock: at(72) }]);
  });

  it('fires nothing a millisecond earlier', async () => {
    const one = host(at(61));
    const engine = await one.start();
    await one.read(engine, dense('a'));
    one.present = at(72) + GRACE - 1;
    await one.caughtUp(engine);
    expect(one.suppressed()).toEqual([]);
  });

  it('waits as long as this host and the database disagree about the time', async () => {
    const one = host(at(61));
    one.databaseAhead = GRACE;
    const engine = await one.start();
    await one.read(engine, dense('a'));
    one.present = at(80);
    await one.caughtUp(engine);
    expect(one.suppressed()).toEqual([]);
  });

  it("fires nothing by a future moment if the host's clock was set back before it was checked", async () => {
    const one = host(at(61));
    const engine = await one.start();
    await one.read(engine, dense('a'));
    one.ahead = 18 * HOUR;
    const handled = one.caughtUp(engine);
    one.ahead = 0;
    await handled;
    expect(one.suppressed()).toEqual([]);
    expect(one.store.checkpoint(0)?.clock).toBeLessThanOrEqual(at(61));
  });

  it("waits if the host's clock was set forward since it was last compared with the database", async () => {
    const one = host(at(61));
    const engine = await one.start();
    await one.read(engine, dense('a'));
    one.present += 1_000;
    one.ahead = 18 * HOUR;
    await one.caughtUp(engine);
    expect(one.suppressed()).toEqual([]);
  });

  it('decides its windows by the present, and records the clock move', async () => {
    const one = host(at(3));
    const engine = await one.start();
    const good = Array.from({ length: 20 }, (_, index) => sent(`g${index}`, 'delivered', 1));
    await one.read(engine, [...good, sent('a', 'deferred', 2, { smtp: BUSY })]);
    one.present = at(6) + GRACE;
    await one.caughtUp(engine);
    expect(one.store.rows().map(({ address, state }) => `${address} ${state}`)).toEqual(['a@example.com deferred']);
    expect(one.store.clockMoves()).toEqual([{ beforeOffset: 21, clock: at(6) }]);
  });
});

describe('a producer whose clock is wrong', () => {
  it("by 30 days ahead: its events count at their record time, and fire no other recipient's deadlines", async () => {
    const one = host(at(60));
    const engine = await one.start();
    await one.read(engine, [...dense('a'), sent('b', 'deferred', 60 + 30 * 24, { recordHours: 60 })]);
    expect(one.clock(engine)).toBe(at(60));
    await engine.revoke([0]);
    expect(one.suppressed()).toEqual([]);
    expect(one.store.rows().find(({ address }) => address === 'b@example.com')?.streakStartedAt).toBe(at(60));
  });

  it('by 30 days ahead: its delivery voids what came before it, and nothing that comes after', async () => {
    const one = host(at(140));
    const engine = await one.start();
    const again = failing('a', 62, 82, 102, 122, 139);
    await one.read(engine, [...dense('a'), sent('a', 'delivered', 61 + 30 * 24, { recordHours: 61 }), ...again]);
    await engine.revoke([0]);
    expect(one.store.rows()[0]?.streakStartedAt).toBe(at(62));
    expect(one.suppressed()).toEqual(['a']);
  });

  it('by 30 days behind: its failures are void if something was delivered since', async () => {
    const one = host(at(1));
    const engine = await one.start();
    const slow = [-720, -700, -680, -660, -640].map((hours) => sent('a', 'deferred', hours, { recordHours: 1 }));
    // Tracked by a failure of its own, or the delivery would leave no trace.
    await one.read(engine, [sent('a', 'deferred', -1), sent('a', 'delivered', 0), ...slow]);
    await engine.revoke([0]);
    expect(one.suppressed()).toEqual([]);
  });

  it('by 30 days behind: its windows have long closed, and count for nothing', async () => {
    const one = host(at(90));
    const engine = await one.start();
    const busy = [0, 20, 40, 60, 80].map((hours) => sent('a', 'deferred', hours - 720, { recordHours: hours, smtp: BUSY }));
    const good = Array.from({ length: 200 }, (_, index) =>
      sent(`g${index}`, 'delivered', (90 * index) / 200 - 720, { recordHours: (90 * index) / 200 }),
    );
    await one.read(engine, inOrder(...busy, ...good));
    await engine.revoke([0]);
    expect(one.store.rows().filter(({ state }) => state !== 'healthy')).toEqual([]);
    expect(one.store.history()).toEqual([]);
  });
});

describe('record times', () => {
  it('of producers (CreateTime), 30 days ahead of the present: count as the present', async () => {
    const one = host(at(60));
    const engine = await one.start();
    await one.read(engine, [...dense('a'), sent('b', 'deferred', 60, { recordHours: 60 + 30 * 24 })]);
    expect(one.clock(engine)).toBe(at(60));
    await engine.revoke([0]);
    expect(one.suppressed()).toEqual([]);
  });

  it('of producers (CreateTime), 30 days behind: the clock does not go back', async () => {
    const one = host(at(61));
    const engine = await one.start();
    await one.read(engine, [...dense('a'), sent('b', 'deferred', 60, { recordHours: 60 - 30 * 24 })]);
    expect(one.clock(engine)).toBe(at(60));
  });

  it('of the log (LogAppendTime), one for a whole batch: the same as one by one', async () => {
    const one = host(at(74));
    const engine = await one.start();
    const batch = [...dense('a'), ...failing('b', 30, 50, 61)].map(({ event }) => ({ event, recordTime: at(62) }));
    await one.read(engine, batch);
    await one.read(engine, [sent('c', 'deferred', 73)]);
    await engine.revoke([0]);
    expect(one.suppressed()).toEqual(['a']);
    expect(one.store.rows().find(({ address }) => address === 'a@example.com')?.active?.suppressions[0]?.since).toBe(at(72));
  });

  it('of the log (LogAppendTime), after a new leader whose clock is behind: the clock stands until it is passed', async () => {
    const one = host(at(75));
    const engine = await one.start();
    await one.read(engine, [...dense('a'), sent('b', 'deferred', 61, { recordHours: 61 }), sent('c', 'deferred', 61, { recordHours: 59 })]);
    expect(one.clock(engine)).toBe(at(61));
    await one.read(engine, [sent('c', 'deferred', 62, { recordHours: 73 })]);
    expect(one.clock(engine)).toBe(at(73));
  });
});

describe('an outage', () => {
  it.each([1, 3, 1_000])(
    'of 73 hours, read %i records at a time: nobody whose delivery waits in the backlog is suppressed',
    async (size) => {
      const one = host(at(60));
      const first = await one.start();
      await one.read(first, [...dense('a'), ...dense('b')]);
      await first.revoke([0]);
      await first.close();
      // Back after 73 hours: the delivery of `b` is the last but one record.
      one.present = at(60 + 73);
      const engine = await one.start();
      const backlog = inOrder(
        ...failing('a', 70, 80, 100),
        ...failing('b', 65, 71),
        sent('b', 'delivered', 71.9),
        sent('z', 'deferred', 130),
      );
      await one.read(engine, backlog, size);
      await one.caughtUp(engine);
      expect(one.suppressed()).toEqual(['a']);
      expect(one.store.history().filter(({ address, type }) => address === 'b@example.com' && type === 'suppressed')).toEqual([]);
    },
  );

  it('moves no clock before the backlog is read, whatever the present', async () => {
    const one = host(at(61));
    const first = await one.start();
    await one.read(first, dense('a'));
    await first.revoke([0]);
    await first.close();
    one.present = at(500);
    const engine = await one.start();
    // The source says that it has caught up only when it has: the rest of the backlog comes before.
    await one.read(engine, [sent('a', 'delivered', 71)]);
    engine.caughtUp(0, ((await engine.assign(0)) as { offset: number }).offset, one.present);
    await engine.revoke([0]);
    expect(one.suppressed()).toEqual([]);
  });

  it('decides windows by their own records, as if they had been read in time', async () => {
    const story = inOrder(
      ...Array.from({ length: 40 }, (_, index) => sent(`g${index}`, 'delivered', 0.1 * index)),
      ...[1, 2, 3].map((hours) => sent('a', 'deferred', hours, { smtp: BUSY })),
      sent('z', 'deferred', 30),
    );
    const states = await Promise.all(
      [at(31), at(31 + 300)].map(async (present) => {
        const one = host(present);
        const engine = await one.start();
        await one.read(engine, story, 7);
        await engine.revoke([0]);
        return one.store.rows().map(({ address, state, streakStartedAt }) => [address, state, streakStartedAt]);
      }),
    );
    expect(states[0]).toEqual(states[1]);
    expect(states[0]).toContainEqual(['a@example.com', 'persistent', at(1)]);
  });
});

describe('a replay', () => {
  it('of the whole log on an empty store decides as the live run did', async () => {
    const good = Array.from({ length: 400 }, (_, index) => sent(`g${index}`, 'delivered', index / 4));
    const busy = [0, 12, 25, 36, 49, 61, 70, 75].map((hours) => sent('c', 'deferred', hours, { smtp: BUSY }));
    const story = inOrder(...dense('a'), ...failing('b', 0, 30, 60), sent('b', 'delivered', 61), ...busy, ...good);
    const published = await Promise.all(
      [1, 7, 10_000].map(async (size) => {
        const one = host(at(size === 10_000 ? 2_000 : 100));
        const engine = await one.start();
        await one.read(engine, story, size);
        await engine.revoke([0]);
        return one.store.history().map(({ address, version, type, effectiveAt }) => [address, version, type, effectiveAt].join(' '));
      }),
    );
    expect(published[1]?.toSorted()).toEqual(published[0]?.toSorted());
    expect(published[2]?.toSorted()).toEqual(published[0]?.toSorted());
    expect(published[0]?.filter((line) => line.includes(' suppressed ')).toSorted()).toEqual([
      `a@example.com 4 suppressed ${at(72)}`,
      `c@example.com 4 suppressed ${at(72)}`,
    ]);
  });
});
