/**
 * A database that goes back: an asynchronous standby that was behind when it was promoted, and a dump that is restored. Real servers; the log
 * stays what it was. Who reads the changes drops none, a replica ends as the table is, and no claim of before is worth anything.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { createTable, isNew } from '@desist/client';
import type { Marks } from '@desist/client';
import { DEFAULT_POLICY, HOUR, MINUTE } from '@desist/domain';
import type { PolicySet } from '@desist/domain';
import { encodeEvent } from '@desist/formats/event';
import { createMemoryLog } from '@desist/memory';
import type { MemoryLog } from '@desist/memory';
import { createEngine } from '@desist/pipeline';
import type { Claim, Engine, RecipientStore } from '@desist/pipeline';
import { codec } from '@desist/runtime/codec';
import { createStore, migrate, openServer } from '@desist/store-postgres';
import type { Database } from '@desist/store-postgres';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { until } from '../integration/kafka/support.ts';
import { quietLogger, simulatedTime } from '../support/host.ts';
import { bounced, deferred, START } from '../support/oracle/events.ts';
import { createDatabase, startPostgres } from '../support/servers/postgres.ts';
import type { PostgresServer, Standby } from '../support/servers/postgres.ts';

const POLICIES: PolicySet = { version: 'sha256:test', base: DEFAULT_POLICY, tenants: new Map() };
const run = promisify(execFile);
const open = (url: string): Database => openServer({ url, applicationName: 'goes-back', onIdleError: () => undefined });

interface World {
  present: number;
  readonly log: MemoryLog;
  readonly wentBack: Claim[];
  fail(who: string, hours: readonly number[]): Promise<void>;
  bounce(who: string, hour: number): Promise<void>;
  /** Folds all that the log has, lets the clock come to the present, and publishes all. */
  work(store: RecipientStore): Promise<Engine>;
}

function newWorld(): World {
  const log = createMemoryLog({ partitions: 1, now: () => world.present, pause: () => new Promise((resolve) => setImmediate(resolve)) });
  const world: World = {
    present: START,
    log,
    wentBack: [],
    async fail(who, hours) {
      for (const hour of hours) {
        world.present = START + hour * HOUR;
        await log.append('deliveryEvents', [
          encodeEvent(deferred(world.present, { id: `${who} ${hour}`, recipient: `${who}@example.com` })),
        ]);
      }
    },
    async bounce(who, hour) {
      world.present = START + hour * HOUR;
      await log.append('deliveryEvents', [encodeEvent(bounced(world.present, { id: `${who} ${hour}`, recipient: `${who}@example.com` }))]);
    },
    async work(store) {
      const engine = createEngine({
        ...{ store, source: log, sink: log, codec, policies: POLICIES, logger: quietLogger, owner: 'me', grace: MINUTE },
        // The store's clock is the wall clock; what is tested does not depend on either.
        time: simulatedTime(() => world.present),
        wentBack: (claim) => void world.wentBack.push(claim),
      });
      const assigned = await engine.assign(0);
      expect(assigned.kind).toBe('start');
      const from = assigned.kind === 'start' ? assigned.offset : 0;
      const records = log.read('deliveryEvents').filter(({ offset }) => offset >= from);
      const high = (records.at(-1)?.offset ?? from - 1) + 1;
      const batch = { partition: 0, firstOffset: records[0]?.offset ?? high, nextOffset: high, highWatermark: high, records };
      expect(await engine.batch(batch)).toEqual({ kind: 'processed' });
      await until(async () => (await store.position(0))?.nextOffset === high, 'committed');
      await until(async () => (await store.outbox(0, 1)).length === 0, 'published');
      return engine;
    },
  };
  return world;
}

interface Change {
  readonly recipient: string;
  readonly sequence: { readonly partition: number; readonly number: number; readonly incarnation?: number };
}

const changesOf = (log: MemoryLog): readonly Change[] =>
  log.read('suppressionEvents').map(({ value }) => JSON.parse(Buffer.from(value ?? []).toString()) as Change);

/** Everything that a reader may rely on, after all of `lost` was published and then forgotten. */
async function expectBroughtBack(world: World, store: RecipientStore, db: Database, lost: number): Promise<void> {
  const marks: Marks = new Map();
  const changes = changesOf(world.log);
  for (const change of changes.slice(0, lost)) isNew(marks, change);
  const again = changes.slice(lost);
  expect(again.length).toBeGreaterThan(0);
  for (const change of again) {
    expect(change.sequence.incarnation, JSON.stringify(change)).toBeGreaterThan(0);
    expect(isNew(marks, change), JSON.stringify(change)).toBe(true);
  }
  expect(world.wentBack).toHaveLength(1);
  const table = createTable();
  for (const { key, value, headers } of world.log.read('suppressions')) table.apply(Buffer.from(key ?? []).toString(), value, headers);
  const rows = await db.query('select tenant, address, version from desist.recipient where state = $1', ['suppressed']);
  expect(rows.length).toBeGreaterThan(1);
  for (const { tenant, address, version } of rows) {
    expect(table.find(String(tenant), String(address))?.recipientVersion, String(address)).toBe(version);
  }
  const claim = await store.claim(0, 'again');
  expect(claim.incarnation).toBe(world.wentBack[0]?.incarnation);
}

describe.skipIf(inject('databaseUrl') === undefined)('a database that goes back', () => {
  let primary: PostgresServer;
  beforeAll(async () => {
    primary = await startPostgres();
  });
  afterAll(async () => primary.stop());

  it('is noticed on a standby that is promoted while it is behind, at the first claim, and by nobody before', async () => {
    const world = newWorld();
    const standby: Standby = await primary.standby();
    const made = await createDatabase(primary.url);
    const db = open(made.url);
    await migrate(db);
    const store = createStore(db);
    await world.bounce('early', 1);
    await world.fail('a', [2, 30, 60]);
    const engine = await world.work(store);
    const url = new URL(standby.url);
    url.pathname = new URL(made.url).pathname;
    const other = open(url.href);
    const behind = createStore(other);
    await until(async () => (await behind.position(0).catch(() => null))?.nextOffset === 4, 'replicated');
    await standby.fallBehind();
    // Committed and published, and never replicated: two bounces, by two owners one after the other.
    await world.bounce('lost', 61);
    await engine.revoke([0]);
    const second = await world.work(store);
    await world.bounce('b', 62);
    await second.revoke([0]);
    const last = await store.claim(0, 'the last owner there');
    await primary.stopImmediate();
    await standby.promote();

    expect((await behind.position(0))?.nextOffset).toBe(4);
    // Whoever claimed on the primary owns nothing here, whatever its epoch.
    expect(await behind.beginAttempt(last)).toBeNull();
    const lost = changesOf(world.log).length;
    const third = await world.work(behind);
    const here = await behind.position(0);
    expect(here?.nonce).not.toBe(last.nonce);
    await expectBroughtBack(world, behind, other, lost);
    await third.revoke([0]);
    // A restart is not a going back, but ends claims, too.
    const claim = await behind.claim(0, 'before the restart');
    await standby.restart();
    await until(async () => (await behind.position(0).catch(() => undefined)) ?? false, 'it is there again');
    expect(await behind.beginAttempt(claim)).toBeNull();
    expect((await behind.claim(0, 'after it')).incarnation).toBe(claim.incarnation);
    await db.close();
    await other.close();
    await standby.stop();
    await primary.start();
  });

  it.each([
    ['a database of its own', false],
    ['the same one, emptied before', true],
  ])('is noticed behind a dump that was restored into %s', async (_, same) => {
    const world = newWorld();
    const made = await createDatabase(primary.url);
    const db = open(made.url);
    await migrate(db);
    const store = createStore(db);
    await world.bounce('early', 1);
    await (await world.work(store)).revoke([0]);
    const { stdout: dump } = await run('pg_dump', ['--no-owner', '--schema=desist', made.url], { maxBuffer: 64 * 1024 * 1024 });
    await world.bounce('b', 2);
    await (await world.work(store)).revoke([0]);
    const last = await store.claim(0, 'the last one before');
    const target = same ? made : await createDatabase(primary.url);
    const restored = open(target.url);
    if (same) await restored.script('drop schema desist cascade');
    const psql = execFile('psql', ['-q', '-v', 'ON_ERROR_STOP=1', target.url]);
    psql.stdin?.end(dump);
    expect(await new Promise((resolve) => psql.once('exit', resolve))).toBe(0);

    const after = createStore(restored);
    expect((await after.position(0))?.nextOffset).toBe(1);
    expect(await after.beginAttempt(last)).toBeNull();
    const lost = changesOf(world.log).length;
    const engine = await world.work(after);
    await expectBroughtBack(world, after, restored, lost);
    await engine.revoke([0]);
    await restored.close();
    await db.close();
    await made.drop();
    if (!same) await target.drop();
  });

  it('a user who may not read the control file claims, too', async () => {
    const made = await createDatabase(primary.url);
    const db = open(made.url);
    await migrate(db);
    await db.script(`revoke execute on function pg_control_system() from public; create role plain login;
      grant usage on schema desist to plain; grant all on all tables in schema desist to plain`);
    const url = new URL(made.url);
    url.username = 'plain';
    const plain = open(url.href);
    const store = createStore(plain);
    const first = await store.claim(0, 'plain');
    expect(first.incarnation).toBe(0);
    expect((await store.claim(0, 'plain')).incarnation).toBe(0);
    await plain.close();
    await db.close();
    await made.drop();
  });
});
