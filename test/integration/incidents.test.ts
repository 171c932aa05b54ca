/** Incidents on a real Postgres: what three partitions count comes together there, and is one incident; undone, redone, and after a crash. */
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { encodeEvent } from '@desist/formats/event';
import { encodeIncident } from '@desist/contracts';
import { asAddress, asTenant, DAY, DEFAULT_POLICY, HOUR, MINUTE } from '@desist/domain';
import type { IncidentNotice, LogEvent, PolicySet } from '@desist/domain';
import { createMemoryLog } from '@desist/memory';
import type { MemoryLog } from '@desist/memory';
import { createCoordinator, createEngine } from '@desist/pipeline';
import type { Coordinator, Engine, IncidentStore, Logger, Time } from '@desist/pipeline';
import { createIncidentStore, createStore } from '@desist/store-postgres';
import type { Database } from '@desist/store-postgres';
import { migratedServer } from '../support/servers/template.ts';
import type { OpenDatabase } from '../support/servers/template.ts';
import { codec } from '@desist/runtime/codec';

const POLICIES: PolicySet = { version: 'sha256:test', base: DEFAULT_POLICY, tenants: new Map() };
const quiet: Logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const PARTITIONS = 3;
const START = Date.UTC(2026, 2, 1);
const BEGIN = START + 2 * DAY;
const END = BEGIN + 3 * HOUR;
const UNKNOWN = '550 5.1.1 The email account that you tried to reach does not exist';

let serial = 0;
function mail(type: 'delivered' | 'bounced', recipient: string, occurredAt: number, text?: string): LogEvent {
  serial += 1;
  const smtp = text === undefined ? {} : { smtp: { code: 550, enhanced: '5.1.1', text } };
  return {
    id: `e${serial}`,
    tenant: asTenant('acme'),
    stream: 'default',
    recipient: asAddress(recipient),
    messageId: `m${serial}`,
    type,
    occurredAt,
    ...smtp,
  };
}

function every(minutes: number, from: number, to: number, one: (at: number, n: number) => LogEvent): LogEvent[] {
  return Array.from({ length: Math.ceil((to - from) / (minutes * MINUTE)) }, (_, n) => one(from + n * minutes * MINUTE, n));
}

/** Twelve recipients an hour begin to fail: no partition sees twenty of them. One was gone before, and one elsewhere. */
const EVENTS = [
  ...every(10, START, BEGIN, (at, n) => mail('delivered', `user${n}@gmail.com`, at)),
  mail('bounced', 'gone-before@gmail.com', START + HOUR, UNKNOWN),
  ...every(5, BEGIN, END, (at, n) => mail('bounced', `valid${n}@gmail.com`, at, UNKNOWN)),
  mail('bounced', 'gone@yahoo.com', BEGIN + HOUR, UNKNOWN),
  ...every(10, END, END + 6 * HOUR, (at, n) => mail('delivered', `later${n}@gmail.com`, at)),
].sort((a, b) => a.occurredAt - b.occurredAt);

interface World {
  readonly log: MemoryLog;
  readonly db: Database;
  readonly incidents: IncidentStore;
  readonly coordinator: () => Coordinator;
  present: number;
  start(rows?: number): Engine;
  read(engine: Engine): Promise<void>;
  stop(): Promise<void>;
}

async function createWorld(db: Database): Promise<World> {
  const stops: (() => Promise<void>)[] = [];
  const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));
  const log = createMemoryLog({ partitions: PARTITIONS, now: () => world.present, pause });
  const time: Time = {
    now: () => world.present,
    monotonic: () => performance.now(),
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, Math.min(ms, 20))),
    yield: () => new Promise((resolve) => setImmediate(resolve)),
  };
  const incidents = createIncidentStore(db);
  const store = { ...createStore(db), now: async () => world.present };
  const world: World = {
    log,
    db,
    incidents,
    present: START,
    coordinator: () =>
      createCoordinator({
        incidents,
        sink: log,
        encode: encodeIncident,
        policy: () => DEFAULT_POLICY.incidents,
        partitions: () => PARTITIONS,
        logger: quiet,
        monotonic: () => performance.now(),
      }),
    start(rows = 1_000) {
      const limits = { records: 10_000, rows, interval: 1 };
      const engine = createEngine({
        store,
        source: log,
        sink: log,
        codec: codec,
        policies: POLICIES,
        time,
        logger: quiet,
        owner: 'test',
        limits,
      });
      const stop = new AbortController();
      const running = log.run(engine, stop.signal);
      stops.push(async () => {
        stop.abort();
        await running;
        await engine.close();
      });
      return engine;
    },
    async read(engine) {
      const highs = await Promise.all(Array.from({ length: PARTITIONS }, async (_, one) => (await log.bounds(one)).high));
      const committed = (one: number): number => engine.status().find(({ partition }) => partition === one)?.committed ?? 0;
      const behind = (): number[] => highs.filter((high, one) => committed(one) < high);
      await expect.poll(behind, { timeout: 60_000 }).toEqual([]);
      const left = async (): Promise<number> => (await db.query('select 1 from desist.outbox limit 1')).length;
      await expect.poll(left, { timeout: 60_000 }).toBe(0);
    },
    async stop() {
      for (const one of stops.splice(0)) await one();
    },
  };
  for (const event of EVENTS) {
    world.present = Math.max(world.present, event.occurredAt);
    await log.append('deliveryEvents', [encodeEvent(event)]);
  }
  return world;
}

const text = new TextDecoder();
interface Published {
  readonly type: string;
  readonly recipient?: string;
  readonly incident?: string;
  readonly counts?: { readonly failing: number };
  readonly codes?: readonly object[];
  readonly samples?: readonly string[];
}
const published = ({ log }: World): readonly Published[] =>
  log.read('suppressionEvents').map(({ value }) => JSON.parse(text.decode(value ?? undefined)) as Published);

const suppressed = async ({ db }: World): Promise<readonly unknown[]> =>
  (await db.query('select address from desist.suppression_list order by address')).map(({ address }) => address);

/** Rows without what may differ: versions rise with each change. */
const rows = async ({ db }: World): Promise<readonly unknown[]> =>
  (await db.query('select address, state, tracked, due, evidence from desist.recipient order by address')).map(({ evidence, ...row }) => ({
    ...row,
    evidence: String(evidence).replaceAll(/"version":\d+/g, ''),
  }));

describe.skipIf(inject('databaseUrl') === undefined)('incidents on Postgres', () => {
  let made: OpenDatabase;
  let world: World;

  beforeAll(async () => {
    made = await migratedServer();
    world = await createWorld(made.db);
  });
  afterAll(async () => {
    await world.stop();
    await made.close();
  });

  it('is one, noticed by whoever looks first, told to every partition, published once; what it had caused is undone', async () => {
    const engine = world.start();
    await world.read(engine);
    expect((await suppressed(world)).length).toBe(38);
    const perPartition = await world.db.query(
      'select partition, sum(failing) as failing from desist.incident_count where at >= $1 group by partition',
      [BEGIN],
    );
    expect(perPartition.length).toBe(PARTITIONS);
    expect(Math.max(...perPartition.map(({ failing }) => Number(failing)))).toBeLessThan(20);

    // Two processes look at the same moment.
    const [a, b] = [world.coordinator(), world.coordinator()];
    await Promise.all([a.tick(), b.tick()]);
    await Promise.all([a.tick(), b.tick()]);
    await world.read(engine);
    expect((await a.tick()) + (await b.tick())).toBe(0);

    expect(await suppressed(world)).toEqual(['gone-before@gmail.com', 'gone@yahoo.com']);
    const [incident] = await world.incidents.list({ limit: 10 });
    expect(incident).toMatchObject({
      origin: 'detected',
      open: false,
      excludes: true,
      action: 'closed',
      revision: 2,
      announcedRevision: 2,
    });
    expect(incident?.summary).toMatchObject({ failing: 36, codes: [{ code: '550 5.1.1', count: 36 }], samples: [UNKNOWN] });
    const about = published(world).filter(({ type }) => type.startsWith('incident_'));
    expect(about.map(({ type }) => type)).toEqual(['incident_opened', 'incident_closed']);
    const corrections = published(world).filter(({ recipient, incident: by }) => recipient !== undefined && by === incident?.id);
    expect(corrections.map(({ type }) => type)).toEqual(Array.from({ length: 36 }, () => 'corrected'));
    expect(new Set(corrections.map(({ recipient }) => recipient)).size).toBe(36);
    expect(await world.incidents.progress(incident?.id ?? '', 2)).toEqual({
      partitions: 3,
      done: 3,
      looked: expect.any(Number) as number,
      changed: 0,
    });
  });

  it('restored, everything is as before; voided again, byte for byte as it was; told twice, nothing changes', async () => {
    await world.stop();
    const engine = world.start();
    const [incident] = await world.incidents.list({ limit: 1 });
    if (incident === undefined) throw new Error('no incident');
    const before = await rows(world);
    const decide = async (excludes: boolean): Promise<void> => {
      const row = (await world.incidents.find(incident.id)) ?? incident;
      const next = {
        ...row,
        revision: row.revision + 1,
        excludes,
        action: excludes ? ('voided' as const) : ('restored' as const),
        by: 'ops',
      };
      expect(await world.incidents.update(next, row.revision)).toBe(true);
      expect(await world.incidents.update(next, row.revision)).toBe(false);
      await world.coordinator().tick();
      await world.read(engine);
    };
    await decide(false);
    expect((await suppressed(world)).length).toBe(38);
    expect(await world.incidents.progress(incident.id, 3)).toMatchObject({ done: 3, changed: 36 });
    const restored = await rows(world);
    await decide(true);
    expect(await rows(world)).toEqual(before);
    await decide(false);
    expect(await rows(world)).toEqual(restored);
    await decide(true);

    // A coordinator that died before it could note that it had told.
    const changes = published(world).length;
    await world.db.query('update desist.incident set told = told - 1');
    await world.coordinator().tick();
    await world.read(engine);
    expect(published(world).length).toBe(changes);
    expect(await rows(world)).toEqual(before);
  });

  it('carried out in small steps by engines that are dropped on the way, each address changes once', async () => {
    await world.stop();
    const [incident] = await world.incidents.list({ limit: 1 });
    if (incident === undefined) throw new Error('no incident');
    const had = published(world).length;
    const notice: IncidentNotice = { ...incident, revision: incident.revision + 1, excludes: false, action: 'restored', announcedBy: 1 };
    const { key, value } = encodeIncident(notice);
    await world.log.append(
      'deliveryEvents',
      Array.from({ length: PARTITIONS }, (_, partition) => ({ key, value, partition })),
    );
    // Each life ends after the first of its commits that moved rows; what it had not committed is lost.
    let died = 0;
    for (let life = 0; life < 12; life += 1) {
      const store = createStore(world.db);
      let commits = 0;
      const dying = {
        ...store,
        now: async () => world.present,
        commit: (plan: Parameters<typeof store.commit>[0]) => {
          if (plan.recipients.length > 0) commits += 1;
          return commits > 1 ? new Promise<never>(() => undefined) : store.commit(plan);
        },
      };
      const time: Time = {
        now: () => world.present,
        monotonic: () => performance.now(),
        sleep: () => new Promise((resolve) => setTimeout(resolve, 5)),
        yield: () => new Promise((resolve) => setImmediate(resolve)),
      };
      const limits = { records: 100, rows: 2, interval: 1 };
      const options = { store: dying, source: world.log, sink: world.log, codec: codec, policies: POLICIES, time, logger: quiet, limits };
      const engine = createEngine({ ...options, owner: `life ${life}`, drain: 1 });
      const stop = new AbortController();
      const running = world.log.run(engine, stop.signal);
      running.catch(() => undefined);
      const highs = await Promise.all(Array.from({ length: PARTITIONS }, async (_, one) => (await world.log.bounds(one)).high));
      const isRead = (one: number): boolean =>
        (engine.status().find(({ partition }) => partition === one)?.committed ?? 0) >= (highs[one] ?? 0);
      await expect.poll(() => commits > 1 || highs.every((_, one) => isRead(one))).toBe(true);
      if (commits > 1) died += 1;
      stop.abort();
      await engine.close();
    }
    expect(died).toBeGreaterThan(6);
    const engine = world.start();
    await world.read(engine);
    expect((await suppressed(world)).length).toBe(38);
    const since = published(world).slice(had);
    expect(since.filter(({ type }) => type === 'incident_restored').length).toBe(1);
    const recipients = since.flatMap(({ recipient }) => recipient ?? []);
    expect(recipients.length).toBe(36);
    expect(new Set(recipients).size).toBe(36);
  });
});
