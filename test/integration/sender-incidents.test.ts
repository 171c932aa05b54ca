/** A throttled sender on a real Postgres: noticed in what three partitions count together, told once whatever dies, and over by itself. */
import { encodeSenderIncident } from '@desist/contracts';
import { asAddress, asTenant, DAY, DEFAULT_POLICY, HOUR, MINUTE } from '@desist/domain';
import type { LogEvent, PolicySet } from '@desist/domain';
import { encodeEvent } from '@desist/formats/event';
import { createMemoryLog } from '@desist/memory';
import type { MemoryLog } from '@desist/memory';
import { createEngine, createSenderCoordinator } from '@desist/pipeline';
import type { Coordinator, Engine, Logger, SenderIncidentStore, Time } from '@desist/pipeline';
import { codec } from '@desist/runtime/codec';
import { createIncidentStore, createSenderIncidentStore, createStore } from '@desist/store-postgres';
import type { Database } from '@desist/store-postgres';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { migratedServer } from '../support/servers/template.ts';
import type { OpenDatabase } from '../support/servers/template.ts';

const POLICIES: PolicySet = { version: 'sha256:test', base: DEFAULT_POLICY, tenants: new Map() };
const quiet: Logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const PARTITIONS = 3;
const START = Date.UTC(2026, 2, 1);
/** The provider begins to refuse the pool `bulk` of acme. */
const BEGIN = START + 2 * DAY;
const END = BEGIN + 3 * HOUR;
const THROTTLED =
  '421-4.7.28 Gmail has detected an unusual rate of unsolicited mail originating from your IP address. To protect our users from spam, mail sent from your IP address has been temporarily rate limited.';

let serial = 0;
type Sender = readonly [tenant: string, pool: string];
function mail([tenant, pool]: Sender, recipient: string, occurredAt: number, text?: string): LogEvent {
  serial += 1;
  const smtp = text === undefined ? {} : { smtp: { code: 421, enhanced: '4.7.28', text } };
  const type = text === undefined ? 'delivered' : 'deferred';
  const of = { id: `e${serial}`, tenant: asTenant(tenant), stream: 'default', pool, messageId: `m${serial}` } as const;
  return { ...of, recipient: asAddress(recipient), type, occurredAt, ...smtp };
}

function every(minutes: number, from: number, to: number, one: (at: number, n: number) => LogEvent | LogEvent[]): LogEvent[] {
  return Array.from({ length: Math.ceil((to - from) / (minutes * MINUTE)) }, (_, n) => one(from + n * minutes * MINUTE, n)).flat();
}

const fine = (from: number, to: number): LogEvent[] => [
  ...every(4, from, to, (at, n) => mail(['acme', 'good'], `g${n}@gmail.com`, at)),
  ...every(4, from, to, (at, n) => mail(['beta', 'bulk'], `b${n}@gmail.com`, at)),
];
const calm = (from: number, to: number): LogEvent[] => every(4, from, to, (at, n) => mail(['acme', 'bulk'], `later${n}@gmail.com`, at));
/** Every report comes twice: a duplicate is no further try. */
const throttled = (from: number, to: number): LogEvent[] =>
  every(1, from, to, (at, n) => {
    const one = mail(['acme', 'bulk'], `user${n % 40}@gmail.com`, at, THROTTLED);
    return n % 3 === 0 ? [mail(['acme', 'bulk'], `lucky${n}@gmail.com`, at)] : [one, one];
  });

interface World {
  readonly log: MemoryLog;
  readonly db: Database;
  readonly incidents: SenderIncidentStore;
  present: number;
  coordinator(): Coordinator;
  engine(change?: Partial<Parameters<typeof createEngine>[0]>): Engine;
  append(events: readonly LogEvent[]): Promise<void>;
  /** Everything is folded, committed, counted and relayed. */
  read(engine: Engine): Promise<void>;
  stop(): Promise<void>;
}

function createWorld(db: Database): World {
  const stops: (() => Promise<void>)[] = [];
  const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));
  const log = createMemoryLog({ partitions: PARTITIONS, now: () => world.present, pause });
  const time: Time = {
    now: () => world.present,
    // Roll-ups are written every 5 s: 25 ms here.
    monotonic: () => performance.now() * 200,
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, Math.min(ms, 20))),
    yield: () => new Promise((resolve) => setImmediate(resolve)),
  };
  const incidents = createSenderIncidentStore(db);
  const world: World = {
    log,
    db,
    incidents,
    present: START,
    coordinator: () =>
      createSenderCoordinator({
        ...{ incidents, progress: createIncidentStore(db), sink: log, encode: encodeSenderIncident, logger: quiet },
        ...{ policy: () => DEFAULT_POLICY.senderIncidents, partitions: () => PARTITIONS, monotonic: () => performance.now() },
      }),
    engine(change = {}) {
      const store = { ...createStore(db), now: async () => world.present };
      const limits = { records: 10_000, rows: 1_000, interval: 1 };
      const options = { store, source: log, sink: log, codec, policies: POLICIES, time, logger: quiet, owner: 'test', limits };
      const engine = createEngine({ ...options, ...change });
      const stop = new AbortController();
      const running = log.run(engine, stop.signal);
      running.catch(() => undefined);
      stops.push(async () => {
        stop.abort();
        await running;
        await engine.close();
      });
      return engine;
    },
    async append(events) {
      for (const event of events.toSorted((a, b) => a.occurredAt - b.occurredAt)) {
        world.present = Math.max(world.present, event.occurredAt);
        await log.append('deliveryEvents', [encodeEvent(event)]);
      }
    },
    async read(engine) {
      const highs = await Promise.all(Array.from({ length: PARTITIONS }, async (_, one) => (await log.bounds(one)).high));
      const committed = (one: number): number => engine.status().find(({ partition }) => partition === one)?.committed ?? 0;
      await expect.poll(() => highs.filter((high, one) => committed(one) < high), { timeout: 60_000 }).toEqual([]);
      const left = async (): Promise<number> => {
        // A clock that moves brings a commit, and that what is still to be counted.
        world.present += 1;
        return (await db.query('select 1 from desist.outbox union all select 1 from desist.rollup_pending')).length;
      };
      await expect.poll(left, { timeout: 60_000 }).toBe(0);
    },
    async stop() {
      for (const one of stops.splice(0)) await one();
    },
  };
  return world;
}

const text = new TextDecoder();
interface Published {
  readonly type: string;
  readonly tenant: string;
  readonly incident: { readonly id: string; readonly kind: string };
  readonly terms: object;
  readonly sequence: { readonly partition: number; readonly number: number };
  readonly counts: { readonly tries: number; readonly refused: number; readonly share: number; readonly usualShare: number };
  readonly replies: readonly { readonly code: string; readonly count: number; readonly meaning: string }[];
}
/** As a reader takes them: a relay that died may append a change again, with the same number. */
function published({ log }: World): readonly Published[] {
  const all = log.read('suppressionEvents').map(({ value }) => JSON.parse(text.decode(value ?? undefined)) as Published);
  const byPlace = new Map(all.map((one) => [`${one.sequence.partition} ${one.sequence.number}`, one]));
  expect(new Set(all.map((one) => JSON.stringify(one))).size).toBe(byPlace.size);
  return [...byPlace.values()].filter(({ type }) => type.startsWith('incident_'));
}

/** An engine that dies at its first commit of new records: before the database has it, or when it has it and the engine has not heard so. */
async function dies(world: World, moment: 'before' | 'after'): Promise<void> {
  const store = createStore(world.db);
  const dying = Promise.withResolvers<undefined>();
  const successor = Promise.withResolvers<'fenced'>();
  world.engine({
    owner: 'dying',
    drain: 1,
    store: {
      ...store,
      now: async () => world.present,
      async commit(plan) {
        if (plan.nextOffset === plan.fromOffset) return store.commit(plan);
        if (moment === 'after') expect(await store.commit(plan)).toBe('committed');
        dying.resolve(undefined);
        return successor.promise;
      },
    },
  });
  await dying.promise;
  const stopped = world.stop();
  successor.resolve('fenced');
  await stopped;
}

describe.skipIf(inject('databaseUrl') === undefined)('a throttled sender on Postgres', () => {
  let made: OpenDatabase;
  let world: World;

  beforeAll(async () => {
    made = await migratedServer();
    world = createWorld(made.db);
    await world.append([...fine(START, BEGIN), ...calm(START, BEGIN)]);
  });
  afterAll(async () => {
    await world.stop();
    await made.close();
  });

  it('before it, nothing is noticed', async () => {
    const engine = world.engine();
    await world.read(engine);
    expect(await world.coordinator().tick()).toBe(0);
    expect(await world.incidents.list({ limit: 10 })).toEqual([]);
  });

  it('opens once, of the pool, whoever looks: with what was tried, what is usual and what the replies mean; it holds nothing back', async () => {
    await world.stop();
    const engine = world.engine();
    await world.append([...fine(BEGIN, BEGIN + 2 * HOUR), ...throttled(BEGIN, BEGIN + 2 * HOUR)]);
    await world.read(engine);
    const coordinators = [world.coordinator(), world.coordinator(), world.coordinator()];
    await Promise.all(coordinators.map((one) => one.tick()));
    await world.read(engine);
    await Promise.all(coordinators.map((one) => one.tick()));
    await world.read(engine);
    const [told, ...others] = published(world);
    expect(others).toEqual([]);
    expect(told).toMatchObject({
      ...{ type: 'incident_opened', tenant: 'acme', holds: false, incident: { kind: 'sender' } },
      terms: { tenant: 'acme', provider: 'gmail', pool: 'bulk', from: new Date(BEGIN).toISOString(), until: null },
      counts: { tries: 120, refused: 80, share: 0.6667, usualShare: 0 },
      replies: [
        {
          category: 'rate_limited',
          code: '421 4.7.28',
          count: 80,
          actions: expect.arrayContaining(['then begin at a tenth of the rate']) as string[],
        },
      ],
    });
    // Nobody is suppressed or failing for it.
    expect(await world.db.query('select 1 from desist.recipient_status')).toEqual([]);
    expect(
      await world.db.query("select kind, state, pool, tries, refused, usual_share from desist.incidents where kind = 'sender'"),
    ).toEqual([{ kind: 'sender', state: 'open', pool: 'bulk', tries: 120, refused: 80, usual_share: 0 }]);
  });

  it('is told once, although the coordinator died before it noted that, and engines die before and after a commit of theirs', async () => {
    await world.stop();
    for (const moment of ['before', 'after', 'after', 'before'] as const) {
      await world.db.query('update desist.sender_incident set told = told - 1');
      await world.coordinator().tick();
      await dies(world, moment);
    }
    const engine = world.engine();
    await world.read(engine);
    expect(published(world).map(({ type }) => type)).toEqual(['incident_opened']);
  });

  it('closes by itself once mail is taken again, and says what it was', async () => {
    await world.stop();
    const engine = world.engine();
    await world.append([...fine(BEGIN + 2 * HOUR, END + 4 * HOUR), ...throttled(BEGIN + 2 * HOUR, END), ...calm(END, END + 4 * HOUR)]);
    await world.read(engine);
    const coordinators = [world.coordinator(), world.coordinator()];
    await world.stop();
    await Promise.all(coordinators.map((one) => one.tick()));
    await dies(world, 'before');
    await dies(world, 'after');
    const successor = world.engine();
    await world.read(successor);
    await Promise.all([world.coordinator(), world.coordinator()].map((one) => one.tick()));
    await world.read(successor);
    const [opened, closed, ...others] = published(world);
    expect(others).toEqual([]);
    expect(closed).toMatchObject({
      ...{ type: 'incident_closed', tenant: 'acme', incident: opened?.incident },
      terms: { from: new Date(BEGIN).toISOString(), until: new Date(END).toISOString() },
      counts: { tries: 180, refused: 120 },
    });
    expect(await world.incidents.open()).toEqual([]);
    expect(await world.db.query('select revision, told, published, open from desist.sender_incident')).toEqual([
      { revision: 2, told: 2, published: 2, open: false },
    ]);
    // In the feed of changes, in their order.
    const feed = await world.db.query('select change::jsonb ->> $1 as type from desist.incident_event order by partition, sequence', [
      'type',
    ]);
    expect(feed.map(({ type }) => type)).toEqual(['incident_opened', 'incident_closed']);
  });
});
