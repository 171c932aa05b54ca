/** The store's contract on both databases, and what only SQL can break. */
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMemoryStore } from '@desist/memory';
import { createStore, keyedHash, migrate, openEmbedded, openServer, requireSchema } from '@desist/store-postgres';
import type { Database } from '@desist/store-postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDatabase, startPostgres } from '../support/servers/postgres.ts';
import type { PostgresServer } from '../support/servers/postgres.ts';
import { AT, planFrom, row, storeContract, suppression } from './store-suite.ts';

let server: PostgresServer | undefined;
let adminUrl = '';
beforeAll(async () => {
  const given = process.env['TEST_DATABASE_URL'];
  if (given === undefined) server = await startPostgres();
  adminUrl = given ?? (server as PostgresServer).url;
});
afterAll(async () => server?.stop());

const open = (url: string): Database => openServer({ url, applicationName: 'desist-tests', onIdleError: () => undefined });

async function fresh(migrated = true): Promise<{ url: string; db: Database; close: () => Promise<void> }> {
  const { url, drop } = await createDatabase(adminUrl);
  const db = open(url);
  if (migrated) await migrate(db);
  return { url, db, close: async () => db.close().then(drop) };
}

async function folder(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'desist-embedded-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

storeContract('Postgres server', async () => {
  const { db, close } = await fresh();
  return { store: createStore(db, { hashOf: keyedHash(Buffer.from('key')) }), close };
});

storeContract('PGlite', async () => {
  const { path, remove } = await folder();
  const db = await openEmbedded({ folder: path });
  await migrate(db);
  return { store: createStore(db, { hashOf: keyedHash(Buffer.from('key')) }), close: async () => db.close().then(remove) };
});

storeContract('memory', async () => ({ store: createMemoryStore(Date.now), close: async () => undefined }));

describe('store on a Postgres server', () => {
  test('a claim waits for an open transaction of the owner before, whose commit stands', async () => {
    const { url, db, close } = await fresh();
    const store = createStore(db);
    const first = await store.claim(0, 'first');
    const blocker = open(url);
    let letGo = (): void => undefined;
    const held = new Promise<void>((resolve) => (letGo = resolve));
    let reached = (): void => undefined;
    const locked = new Promise<void>((resolve) => (reached = resolve));
    const zombie = blocker.transaction(async (tx) => {
      await tx.query('update desist.checkpoint set next_offset = 42 where partition = 0');
      reached();
      await held;
    });
    await locked;
    const claim = store.claim(0, 'second');
    await waitFor(
      async () =>
        (await db.query("select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()")).length > 0,
    );
    letGo();
    await zombie;
    expect(await claim).toMatchObject({ epoch: first.epoch + 1, nextOffset: 42 });
    expect(await store.commit(planFrom({ ...first, nextOffset: 42 }))).toBe('fenced');
    await blocker.close();
    await close();
  });

  test.each([
    ['before COMMIT arrives', 'drop_request', 0],
    ['before its answer comes back', 'drop_answer', 1],
  ] as const)('a connection lost %s: outcome unknown, and the position tells', async (_, cut, offset) => {
    const { url, db, close } = await fresh();
    const proxy = await commitCutter(url, cut);
    const through = open(proxy.url);
    const claim = await createStore(through).claim(0, 'me');
    proxy.arm();
    await expect(createStore(through).commit(planFrom(claim, { recipients: [row('a@example.com')] }))).rejects.toMatchObject({
      kind: 'outcome_unknown',
    });
    await waitFor(async () => (await createStore(db).position(0))?.nextOffset === offset);
    expect(await createStore(db).load([{ tenant: 'acme', address: 'a@example.com' }])).toHaveLength(offset);
    // The pool goes on with a new connection.
    expect((await createStore(through).position(0))?.epoch).toBe(claim.epoch);
    await through.close();
    await proxy.close();
    await close();
  });

  test('killed in the middle of a transaction: unavailable, nothing changed, and it works again', async () => {
    const { db, close } = await fresh();
    const claim = await createStore(db).claim(0, 'me');
    const work = db.transaction(async (tx) => {
      await tx.query('update desist.checkpoint set next_offset = 5 where partition = 0');
      const [me] = await tx.query('select pg_backend_pid() as pid');
      await db.query('select pg_terminate_backend($1::int)', [me?.['pid']]);
      await tx.query('select 1');
    });
    await expect(work).rejects.toMatchObject({ kind: 'unavailable' });
    expect((await createStore(db).position(0))?.nextOffset).toBe(0);
    expect(await createStore(db).commit(planFrom(claim))).toBe('committed');
    await close();
  });

  test('a database that turned read-only, as a standby is, is away and not at fault', async () => {
    const { url, db, close } = await fresh();
    const claim = await createStore(db).claim(0, 'me');
    await db.query(`alter database ${new URL(url).pathname.slice(1)} set default_transaction_read_only = on`);
    const readOnly = open(url);
    await expect(createStore(readOnly).commit(planFrom(claim))).rejects.toMatchObject({ kind: 'unavailable' });
    await readOnly.close();
    await close();
  });

  test('a recipient of another partition is not taken over', async () => {
    const { db, close } = await fresh();
    const store = createStore(db);
    await store.commit(planFrom(await store.claim(0, 'me'), { recipients: [row('a@example.com')] }));
    const other = planFrom(await store.claim(1, 'me'), { recipients: [row('a@example.com', { partition: 1, version: 9 })] });
    await store.commit(other).catch(() => undefined);
    expect(await store.load([{ tenant: 'acme', address: 'a@example.com' }])).toMatchObject([{ partition: 0, version: 1 }]);
    await close();
  });

  test('several processes migrate at once, also other databases of the same server', async () => {
    const made = await Promise.all([fresh(false), fresh(false), fresh(false)]);
    await Promise.all(made.flatMap(({ db }) => [migrate(db), migrate(db)]));
    for (const { db } of made) await requireSchema(db);
    await Promise.all(made.map(async ({ close }) => close()));
  });

  test('no schema, and a newer one, are refused', async () => {
    const { db, close } = await fresh(false);
    await expect(requireSchema(db)).rejects.toMatchObject({ kind: 'incompatible' });
    await expect(createStore(db).claim(0, 'me')).rejects.toMatchObject({ kind: 'incompatible' });
    await migrate(db);
    await requireSchema(db);
    await db.query('insert into desist.schema_version (version) values (9999)');
    await expect(requireSchema(db)).rejects.toMatchObject({ kind: 'incompatible' });
    await expect(migrate(db)).rejects.toMatchObject({ kind: 'incompatible' });
    await close();
  });

  test('the views have the columns of the contract and find one address by index', async () => {
    const { db, close } = await fresh();
    const store = createStore(db);
    const many = Array.from({ length: 5_000 }, (_, n) => row(`u${n}@example.com`));
    await store.commit(planFrom(await store.claim(0, 'me'), { recipients: many }));
    await db.script('analyze');
    const columns = async (view: string): Promise<unknown> =>
      (
        await db.query(
          "select column_name as name from information_schema.columns where table_schema = 'desist' and table_name = $1 order by ordinal_position",
          [view],
        )
      )
        .map(({ name }) => name)
        .join(' ');
    expect(await columns('suppression_list')).toBe(
      'tenant address scope reason category since expires_at first_failure_at last_failure_at failures reply rule policy updated_at',
    );
    expect(await columns('recipient_status')).toBe(
      'tenant address state streak_started_at last_failure_at failures messages category provider suppress_at advice version updated_at',
    );
    const plan = await db.query("explain select * from desist.suppression_list where tenant = 'acme' and address = 'u7@example.com'");
    expect(JSON.stringify(plan)).toContain('recipient_tenant_address_key');
    expect(JSON.stringify(plan)).not.toContain('Seq Scan');
    expect(await db.query("select reply, rule, since, expires_at from desist.suppression_list where address = 'u7@example.com'")).toEqual([
      { reply: suppression.reply, rule: suppression.rule, since: new Date(AT), expires_at: new Date(AT + 123) },
    ]);
    await close();
  });

  test('the reader role sees the views and no table', async () => {
    const { db, close } = await fresh();
    const asReader = (text: string): Promise<unknown> =>
      db.transaction(async (tx) => {
        await tx.query('set local role desist_reader');
        return tx.query(text);
      });
    expect(await asReader('select * from desist.suppression_list')).toEqual([]);
    expect(await asReader('select * from desist.recipient_status')).toEqual([]);
    await expect(asReader('select * from desist.recipient')).rejects.toThrow(/permission denied/);
    await close();
  });

  test('advice goes by the age that a streak has now', async () => {
    const { db, close } = await fresh();
    const store = createStore(db);
    const now = await store.now();
    const ages = [0.5, 5, 25, 73];
    const rows = ages.map((hours) =>
      row(`${hours}@example.com`, { state: 'persistent', streakStartedAt: now - hours * 3_600_000, updatedAt: now - hours * 3_600_000 }),
    );
    await store.commit(planFrom(await store.claim(0, 'me'), { recipients: rows }));
    const advice = (await db.query('select advice from desist.recipient_status order by streak_started_at desc')).map(
      (found) => found['advice'],
    );
    expect(advice).toEqual(['normal', expect.stringContaining('rate limits'), 'investigate', expect.stringContaining('soft bounce')]);
    await close();
  });
});

describe('the embedded database', () => {
  test('a second opener is refused and told who holds the folder; after close it may', async () => {
    const { path, remove } = await folder();
    const first = await openEmbedded({ folder: path });
    await expect(openEmbedded({ folder: path })).rejects.toThrow(new RegExp(`process ${process.pid}`));
    await first.close();
    await (await openEmbedded({ folder: path })).close();
    await remove();
  });
});

async function waitFor(condition: () => Promise<boolean>): Promise<void> {
  const until = Date.now() + 20_000;
  while (!(await condition())) {
    if (Date.now() > until) throw new Error('waited in vain');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A proxy that, once armed, cuts a connection at its next COMMIT: before the server hears it, or before the client hears the answer. */
async function commitCutter(
  target: string,
  cut: 'drop_request' | 'drop_answer',
): Promise<{ url: string; arm: () => void; close: () => Promise<void> }> {
  const { hostname, port } = new URL(target);
  let armed = false;
  const sockets = new Set<Socket>();
  const proxy = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    let cutting = false;
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket
        .on('error', () => undefined)
        .on('close', () => {
          client.destroy();
          upstream.destroy();
        });
    }
    client.on('data', (data) => {
      if (armed && /\bcommit\b/i.test(data.toString('latin1'))) {
        armed = false;
        cutting = true;
        if (cut === 'drop_request') return void client.destroy();
      }
      upstream.write(data);
    });
    upstream.on('data', (data) => void (cutting ? client.destroy() : client.write(data)));
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const url = new URL(target);
  url.host = `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  return {
    url: url.href,
    arm: () => (armed = true),
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => proxy.close(resolve));
    },
  };
}
