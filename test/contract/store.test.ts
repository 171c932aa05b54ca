/** The store's contract on both databases, and what only SQL can break. */
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { createMemoryStore } from '@desist/memory';
import {
  createAuditStore,
  createOutcomeStore,
  createStore,
  keyedHash,
  migrate,
  openEmbedded,
  openServer,
  requireSchema,
} from '@desist/store-postgres';
import type { Database } from '@desist/store-postgres';
import { describe, expect, inject, test } from 'vitest';
import { asTenant, asAddress } from '@desist/domain';
import { createDatabase } from '../support/servers/postgres.ts';
import { migratedEmbedded, migratedFolder, migratedServer } from '../support/servers/template.ts';
import type { OpenDatabase } from '../support/servers/template.ts';
import { auditContract } from './audit-suite.ts';
import { outcomeContract } from './outcome-suite.ts';
import { AT, planFrom, rollupsIn, row, sendersIn, storeContract, suppression } from './store-suite.ts';

const open = (url: string): Database => openServer({ url, applicationName: 'desist-tests', onIdleError: () => undefined });

/** Without a schema. */
async function empty(): Promise<OpenDatabase> {
  const { url, drop } = await createDatabase(inject('databaseUrl') ?? '');
  const db = open(url);
  return { db, close: async () => db.close().then(drop) };
}

storeContract('Postgres server', async () => {
  const { db, close } = await migratedServer();
  return { store: createStore(db, { hashOf: keyedHash(Buffer.from('key')) }), rollups: rollupsIn(db), ...sendersIn(db), close };
});

storeContract('PGlite', async () => {
  const { db, close } = await migratedEmbedded();
  return { store: createStore(db, { hashOf: keyedHash(Buffer.from('key')) }), rollups: rollupsIn(db), ...sendersIn(db), close };
});

storeContract('memory', async () => {
  const store = createMemoryStore(Date.now);
  return {
    store,
    rollups: async (partition) => store.rollups(partition),
    senderReplies: async (partition) => store.senderReplies(partition),
    senderIncident: async () => undefined,
    close: async () => undefined,
  };
});

auditContract('Postgres server', async () => {
  const { db, close } = await migratedServer();
  return { store: createStore(db), audits: createAuditStore(db), close };
});

outcomeContract('Postgres server', async () => {
  const { db, close } = await migratedServer();
  return { store: createStore(db), outcomes: createOutcomeStore(db), close };
});

outcomeContract('PGlite', async () => {
  const { db, close } = await migratedEmbedded();
  return { store: createStore(db), outcomes: createOutcomeStore(db), close };
});

outcomeContract('memory', async () => {
  const store = createMemoryStore();
  return { store, outcomes: store, close: async () => undefined };
});

auditContract('PGlite', async () => {
  const { db, close } = await migratedEmbedded();
  return { store: createStore(db), audits: createAuditStore(db), close };
});

auditContract('memory', async () => {
  const store = createMemoryStore(Date.now, 2);
  return { store, audits: store, close: async () => undefined };
});

test('partitions claimed at the same time know everybody who was erased in any of them', async () => {
  const { db, close } = await migratedEmbedded();
  const hashOf = keyedHash(Buffer.from('key'));
  const before = createStore(db, { hashOf });
  const claim = await before.claim(0, 'before');
  const who = { tenant: asTenant('acme'), address: asAddress('erased@example.com') };
  const blocks = [{ scope: '*', reason: 'complaint', since: AT, expiresAt: null } as const];
  await before.commit(planFrom(claim, { erased: [{ ...who, version: 7, at: AT, blocks, whole: true, offset: 1, sequence: 0 }] }));
  const after = createStore(db, { hashOf });
  await Promise.all([0, 1, 2, 3].map((partition) => after.claim(partition, 'after')));
  expect(await after.tombstones([who])).toMatchObject([{ ...who, version: 7 }]);
  await close();
});

describe('store on a Postgres server', () => {
  test('a claim waits for an open transaction of the former owner, whose commit is kept', async () => {
    const { url, db, close } = await migratedServer();
    const store = createStore(db);
    const first = await store.claim(0, 'first');
    const blocker = open(url);
    const held: PromiseWithResolvers<void> = Promise.withResolvers();
    const locked: PromiseWithResolvers<void> = Promise.withResolvers();
    const zombie = blocker.transaction(async (tx) => {
      await tx.query('update desist.checkpoint set next_offset = 42 where partition = 0');
      locked.resolve();
      await held.promise;
    });
    await locked.promise;
    const claim = store.claim(0, 'second');
    await waitFor(
      async () =>
        (await db.query("select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()")).length > 0,
    );
    held.resolve();
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
    const { url, db, close } = await migratedServer();
    const proxy = await commitCutter(url, cut);
    const through = open(proxy.url);
    const claim = await createStore(through).claim(0, 'me');
    proxy.arm();
    await expect(createStore(through).commit(planFrom(claim, { recipients: [row('a@example.com')] }))).rejects.toMatchObject({
      kind: 'outcome_unknown',
    });
    await waitFor(async () => (await createStore(db).position(0))?.nextOffset === offset);
    expect(await createStore(db).load([{ tenant: asTenant('acme'), address: asAddress('a@example.com') }])).toHaveLength(offset);
    // The pool goes on with a new connection.
    expect((await createStore(through).position(0))?.epoch).toBe(claim.epoch);
    await through.close();
    await proxy.close();
    await close();
  });

  test('killed in the middle of a transaction: unavailable, nothing changed, and it works again', async () => {
    const { db, close } = await migratedServer();
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

  test('a database that became read-only, like a standby, counts as unavailable', async () => {
    const { url, db, close } = await migratedServer();
    const claim = await createStore(db).claim(0, 'me');
    await db.query(`alter database ${new URL(url).pathname.slice(1)} set default_transaction_read_only = on`);
    const readOnly = open(url);
    await expect(createStore(readOnly).commit(planFrom(claim))).rejects.toMatchObject({ kind: 'unavailable' });
    await readOnly.close();
    await close();
  });

  test('a recipient of another partition is not taken over', async () => {
    const { db, close } = await migratedServer();
    const store = createStore(db);
    await store.commit(planFrom(await store.claim(0, 'me'), { recipients: [row('a@example.com')] }));
    const other = planFrom(await store.claim(1, 'me'), { recipients: [row('a@example.com', { partition: 1, version: 9 })] });
    await store.commit(other).catch(() => undefined);
    expect(await store.load([{ tenant: asTenant('acme'), address: asAddress('a@example.com') }])).toMatchObject([
      { partition: 0, version: 1 },
    ]);
    await close();
  });

  test('several processes migrate at once, also other databases of the same server', async () => {
    const made = await Promise.all([empty(), empty(), empty()]);
    await Promise.all(made.flatMap(({ db }) => [migrate(db), migrate(db)]));
    for (const { db } of made) await requireSchema(db);
    await Promise.all(made.map(async ({ close }) => close()));
  });

  test('a missing schema and a newer one are refused', async () => {
    const { db, close } = await empty();
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
    const { db, close } = await migratedServer();
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
      'tenant address scope reason category since expires_at first_failure_at last_failure_at failures reply rule policy updated_at created_by note source provider probation_until subdomains',
    );
    expect(await columns('recipient_status')).toBe(
      'tenant address state streak_started_at last_failure_at failures messages category provider suppress_at advice version updated_at probation_until',
    );
    expect(await columns('traffic_hourly')).toBe('tenant hour provider stream pool type category attribution events');
    expect(await columns('wait_hourly')).toBe('tenant hour provider kind upper_bound events');
    const plan = await db.query("explain select * from desist.suppression_list where tenant = 'acme' and address = 'u7@example.com'");
    expect(JSON.stringify(plan)).toContain('recipient_tenant_address_key');
    expect(JSON.stringify(plan)).not.toContain('Seq Scan');
    expect(await db.query("select reply, rule, since, expires_at from desist.suppression_list where address = 'u7@example.com'")).toEqual([
      { reply: suppression.reply, rule: suppression.rule, since: new Date(AT), expires_at: new Date(AT + 123) },
    ]);
    await close();
  });

  test('what a commit adds to a recipient is not looked up row by row, by a plan from when there were few', async () => {
    const { db, close } = await migratedServer();
    const store = createStore(db);
    await store.commit(planFrom(await store.claim(0, 'me'), { recipients: [row('a@example.com')] }));
    for (const [table, columns, values] of [
      ['suppression', 'scope, reason, since, failures, policy, updated_at', "'s' || n, 'complaint', 0, 0, '', 0"],
      ['allowance', 'scope', "'s' || n"],
      ['recipient_event', 'version, type, effective_at, recorded_at, detail', "n, '', 0, 0, '{}'"],
    ]) {
      const [explained] = await db.query(
        `explain (analyze, format json) insert into desist.${table} (recipient_id, ${columns})
         select id, ${values} from desist.recipient, generate_series(1, 10) n`,
      );
      expect(explained?.['QUERY PLAN']).toMatchObject([{ Plan: { 'Relation Name': table }, Triggers: [] }]);
    }
    await db.query("delete from desist.recipient where address = 'a@example.com'");
    for (const table of ['suppression', 'allowance', 'recipient_event'])
      expect(await db.query(`select 1 from desist.${table}`)).toEqual([]);
    await close();
  });

  test('the reader role sees the views and no table', async () => {
    const { db, close } = await migratedServer();
    const asReader = (text: string): Promise<unknown> =>
      db.transaction(async (tx) => {
        await tx.query('set local role desist_reader');
        return tx.query(text);
      });
    expect(await asReader('select * from desist.suppression_list')).toEqual([]);
    expect(await asReader('select * from desist.recipient_status')).toEqual([]);
    expect(await asReader('select * from desist.traffic_hourly')).toEqual([]);
    expect(await asReader('select * from desist.wait_hourly')).toEqual([]);
    await expect(asReader('select * from desist.recipient')).rejects.toThrow(/permission denied/);
    await close();
  });

  test("advice depends on the streak's present age", async () => {
    const { db, close } = await migratedServer();
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
    const { path, remove } = await migratedFolder();
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
