/** The way to both databases: values, many rows in one statement, connections that die, migrations. */
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bulk, migrate, openEmbedded, openInMemory, openServer, preparedStatement, statement } from '@desist/postgres';
import type { Database, Rows } from '@desist/postgres';
import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDatabase, startPostgres } from '../support/servers/postgres.ts';
import type { PostgresServer } from '../support/servers/postgres.ts';

let server: PostgresServer;
beforeAll(async () => {
  // Its own: roles belong to a whole server, and here one is missing at first.
  server = await startPostgres();
});
afterAll(async () => server.stop());

const open = (url: string, connections = 2): Database =>
  openServer({ url, applicationName: 'desist-tests', connections, onIdleError: () => undefined });

async function onServer(): Promise<{ readonly db: Database; readonly url: string; readonly close: () => Promise<void> }> {
  const { url, drop } = await createDatabase(server.url);
  const db = open(url);
  return { db, url, close: async () => db.close().then(drop) };
}

interface Sample {
  readonly text: string | null;
  readonly integer: number;
  readonly bigint: number | null;
  readonly boolean: boolean;
  readonly json: unknown;
  readonly bytes: Uint8Array | null;
}

const columns = bulk<Sample>({
  text: ['text', (row) => row.text],
  integer: ['integer', (row) => row.integer],
  bigint: ['bigint', (row) => row.bigint],
  boolean: ['boolean', (row) => row.boolean],
  json: ['json', (row) => (row.json === undefined ? null : JSON.stringify(row.json))],
  bytes: ['bytea', (row) => row.bytes],
});
const echo = preparedStatement<Rows<Sample>, Omit<Sample, 'json'> & { readonly json: string | null }>(
  'test_echo',
  () => sql`select * from ${columns.unnest}`,
);

/** PostgreSQL has no NUL in text, and no half of a pair of surrogates. */
const text = fc.string({ unit: 'binary' }).map((value) => value.toWellFormed().replaceAll('\0', ''));
const sample: fc.Arbitrary<Sample> = fc.record({
  text: fc.option(text),
  integer: fc.integer(),
  bigint: fc.option(fc.maxSafeInteger()),
  boolean: fc.boolean(),
  json: fc.option(fc.jsonValue({ stringUnit: 'binary' }), { nil: undefined }).map((value) => withoutNul(value)),
  bytes: fc.option(fc.uint8Array()),
});

/** JSON may say NUL in letters: the text that travels has none. */
function withoutNul(value: unknown): unknown {
  return value === undefined ? undefined : (JSON.parse(JSON.stringify(value).toWellFormed()) as unknown);
}

describe.each([
  ['a server', onServer],
  [
    'the embedded database',
    async () => {
      const db = await openInMemory();
      return { db, close: () => db.close() };
    },
  ],
] as const)('%s', (_, make) => {
  let db: Database;
  let close: () => Promise<void>;
  beforeAll(async () => ({ db, close } = await make()));
  afterAll(async () => close());

  test('answers values as one and the same types', async () => {
    const [row] = await db.query(
      `select 9007199254740991::bigint as big, sum(n) as summed, '\\x00ff'::bytea as bytes, null::bytea as none,
              '2026-03-04 10:00:00.5+02'::timestamptz as moment, true as yes, 'text' as text
       from (values (9007199254740990::bigint), (1::bigint)) as v (n)`,
    );
    expect(row).toStrictEqual({
      big: Number.MAX_SAFE_INTEGER,
      summed: Number.MAX_SAFE_INTEGER,
      bytes: Buffer.from([0, 255]),
      none: null,
      moment: new Date('2026-03-04T08:00:00.500Z'),
      yes: true,
      text: 'text',
    });
  });

  test('many rows arrive in one statement as they were given, whatever is in them', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(sample, { maxLength: 20 }), async (rows) => {
        const back = await echo.run(db, { rows });
        expect(back.map((row) => ({ ...row, json: row.json === null ? undefined : (JSON.parse(row.json) as unknown) }))).toEqual(
          rows.map((row) => ({ ...row, bytes: row.bytes === null ? null : Buffer.from(row.bytes) })),
        );
      }),
      { numRuns: 100 },
    );
  });

  test('a migration takes a script, and leaves nothing when it fails', async () => {
    const script = `create table tried (body text);
      -- A comment; with a semicolon.
      do $$ begin insert into tried values ('a;b'); end $$; insert into tried values ('c');`;
    await db.migration((tx) => tx.script(script));
    expect(await db.query('select body from tried order by body')).toEqual([{ body: 'a;b' }, { body: 'c' }]);
    await expect(db.migration((tx) => tx.script('drop table tried; select 1 / 0'))).rejects.toThrow('division by zero');
    expect(await db.query('select body from tried order by body')).toHaveLength(2);
  });

  test('a failed statement whose error is ignored ends the transaction as unavailable, and nothing of it is kept', async () => {
    await db.script('create table unheeded (n integer)');
    const work = db.transaction(async (tx) => {
      await tx.query('insert into unheeded values (1)');
      await tx.query('select 1 / 0').catch(() => undefined);
    });
    await expect(work).rejects.toMatchObject({ kind: 'unavailable' });
    expect(await db.query('select 1 from unheeded')).toEqual([]);
  });
});

describe('a server', () => {
  test('keeps prepared statements by name, and plans the others for their values', async () => {
    const { db, close } = await onServer();
    const once = statement('test_once', () => sql`select 1 as one`);
    await db.transaction(async (tx) => {
      await echo.run(tx, { rows: [] });
      await echo.run(tx, { rows: [] });
      await once.run(tx, {});
      expect(await tx.query("select name, generic_plans + custom_plans as runs from pg_prepared_statements where name <> ''")).toEqual([
        { name: 'test_echo', runs: 2 },
      ]);
    });
    await close();
  });

  test('two statements cannot have one name', () => {
    expect(() => statement('test_echo', () => sql`select 2`)).toThrow('test_echo');
  });

  test('a migration has no time limit, everything else has', async () => {
    const { db, close } = await onServer();
    const limit = 'show statement_timeout';
    expect(await db.migration((tx) => tx.query(limit))).toEqual([{ statement_timeout: '0' }]);
    expect(await db.query(limit)).toEqual([{ statement_timeout: '30s' }]);
    await close();
  });

  test('a connection that is closed as soon as it opens fails only its own call', async () => {
    const { url, close } = await onServer();
    const proxy = await closingProxy(url);
    const db = open(proxy.url, 1);
    await expect(db.query('select 1')).rejects.toMatchObject({ kind: 'unavailable' });
    await expect(db.transaction((tx) => tx.query('select 1'))).rejects.toMatchObject({ kind: 'unavailable' });
    await db.close();
    await proxy.close();
    await close();
  });

  test('an owner who may not create roles is told that the reader role is missing, until somebody creates it', async () => {
    const { db: admin, url, close } = await onServer();
    await admin.script(`create role plain login; grant create on database ${new URL(url).pathname.slice(1)} to plain`);
    const asPlain = new URL(url);
    asPlain.username = 'plain';
    const db = open(asPlain.href);
    const first = await migrate(db);
    expect(first.readers).toEqual({ desist_reader: 'may_not_create_roles', desist_tenant_reader: 'may_not_create_roles' });
    expect(first.steps.length).toBeGreaterThan(5);
    await admin.script('create role desist_reader nologin');
    expect(await migrate(db)).toEqual({ steps: [], readers: { desist_reader: 'ready', desist_tenant_reader: 'may_not_create_roles' } });
    const read = (what: string): Promise<unknown> =>
      admin.transaction(async (tx) => {
        await tx.query('set local role desist_reader');
        return tx.query(`select * from desist.${what}`);
      });
    for (const view of ['suppression_list', 'recipient_status', 'recipient_evidence', 'recipient_history', 'incidents']) {
      expect(await read(view), view).toEqual([]);
    }
    expect(await read("may_send('acme', 'a@example.com')")).toEqual([{ allowed: true, reasons: [] }]);
    await expect(read('recipient')).rejects.toThrow('permission denied');
    await db.close();
    await close();
  });
});

test('the embedded database refuses work after it is closed, and leaves nobody waiting', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'desist-embedded-'));
  const db = await openEmbedded({ folder });
  const before = db.transaction((tx) => tx.query('select 1 as one'));
  const closed = db.close();
  const after = db.transaction((tx) => tx.query('select 1 as one'));
  expect(await before).toEqual([{ one: 1 }]);
  await expect(after).rejects.toThrow(/closed/);
  await closed;
  await rm(folder, { recursive: true, force: true });
});

const FATAL = frame('E', 'SFATAL\0VFATAL\0C57P01\0Mterminating connection due to administrator command\0\0');
const READY = 0x5a;

function frame(kind: string, body: string): Buffer {
  const head = Buffer.alloc(5);
  head.write(kind, 'latin1');
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, Buffer.from(body, 'latin1')]);
}

/** Passes a server's greeting on, and an end of the connection in the same packet. */
async function closingProxy(target: string): Promise<{ readonly url: string; readonly close: () => Promise<void> }> {
  const { hostname, port } = new URL(target);
  const proxy = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    let greeting = Buffer.alloc(0);
    client.on('data', (data) => upstream.write(data)).on('error', () => undefined);
    upstream
      .on('error', () => undefined)
      .on('data', (data) => {
        greeting = Buffer.concat([greeting, data]);
        // ReadyForQuery ends it: a frame of six bytes.
        if (greeting.at(-6) === READY) client.end(Buffer.concat([greeting, FATAL]), () => upstream.destroy());
      });
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const url = new URL(target);
  url.host = `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  return { url: url.href, close: () => new Promise((resolve) => proxy.close(() => resolve())) };
}
