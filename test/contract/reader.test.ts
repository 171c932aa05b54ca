/** The reader's contract on both databases; the views, the role that may read them, and the plans of the queries that must be fast. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pruneHistory } from '@desist/assembly';
import { CHECK, createReader, createStore, hashKeyOf, keyedHash, migrate, openEmbedded, openServer } from '@desist/store-postgres';
import type { Database } from '@desist/store-postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDatabase, startPostgres } from '../support/servers/postgres.ts';
import type { PostgresServer } from '../support/servers/postgres.ts';
import { readerContract } from './reader-suite.ts';
import { AT, planFrom, row } from './store-suite.ts';

let server: PostgresServer | undefined;
let adminUrl = '';
beforeAll(async () => {
  const given = process.env['TEST_DATABASE_URL'];
  if (given === undefined) server = await startPostgres();
  adminUrl = given ?? (server as PostgresServer).url;
});
afterAll(async () => server?.stop());

async function onServer(): Promise<{ db: Database; close: () => Promise<void> }> {
  const { url, drop } = await createDatabase(adminUrl);
  const db = openServer({ url, applicationName: 'desist-tests', onIdleError: () => undefined });
  await migrate(db);
  return { db, close: async () => db.close().then(drop) };
}

async function embedded(): Promise<{ db: Database; close: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'desist-reader-'));
  const db = await openEmbedded({ folder: path });
  await migrate(db);
  return { db, close: async () => db.close().then(async () => rm(path, { recursive: true, force: true })) };
}

const databases = [
  ['Postgres server', onServer],
  ['PGlite', embedded],
] as const;
for (const [name, open] of databases) {
  readerContract(name, async () => {
    const { db, close } = await open();
    const hashOf = keyedHash(Buffer.from('key'));
    return { reader: createReader(db, { hashOf }), store: createStore(db, { hashOf }), close };
  });
}

describe.each(databases)('views on %s', (_, open) => {
  let db: Database;
  let close: () => Promise<void>;
  beforeAll(async () => {
    ({ db, close } = await open());
    const store = createStore(db);
    await store.commit(
      planFrom(await store.claim(0, 'me'), { recipients: [row('a@example.com'), row('b@example.com', { state: 'healthy' })] }),
    );
  });
  afterAll(async () => close());

  test('the columns are those of the contract, in their order', async () => {
    const columns = async (view: string): Promise<readonly unknown[]> =>
      (
        await db.query(
          `select column_name || ' ' || data_type as "column" from information_schema.columns
            where table_schema = 'desist' and table_name = $1 order by ordinal_position`,
          [view],
        )
      ).map((found) => found['column']);
    const at = 'timestamp with time zone';
    expect(await columns('suppression_list')).toEqual([
      'tenant text',
      'address text',
      'scope text',
      'reason text',
      'category text',
      `since ${at}`,
      `expires_at ${at}`,
      `first_failure_at ${at}`,
      `last_failure_at ${at}`,
      'failures integer',
      'reply text',
      'rule text',
      'policy text',
      `updated_at ${at}`,
    ]);
    expect(await columns('recipient_status')).toEqual([
      'tenant text',
      'address text',
      'state text',
      `streak_started_at ${at}`,
      `last_failure_at ${at}`,
      'failures integer',
      'messages integer',
      'category text',
      'provider text',
      `suppress_at ${at}`,
      'advice text',
      'version bigint',
      `updated_at ${at}`,
    ]);
  });

  test('every query of docs/sql.md runs as desist_reader', async () => {
    const text = await readFile(new URL('../../docs/sql.md', import.meta.url), 'utf8');
    const queries = [...text.matchAll(/```sql\n([\s\S]*?)```/g)].map(([, query]) => String(query));
    expect(queries).toHaveLength(11);
    for (const query of queries) {
      await db.transaction(async (tx) => {
        await tx.query('set local role desist_reader');
        await tx.query(query);
      });
    }
  });

  test('history goes when it is old enough, and nothing else', async () => {
    const store = createStore(db);
    const entry = { tenant: 'acme', address: 'a@example.com', type: 'suppressed', effectiveAt: AT, detail: '{}' };
    const history = [0, 1, 2].map((version) => ({ ...entry, version: 100 + version, recordedAt: AT + version }));
    await store.commit(planFrom(await store.claim(7, 'me'), { partition: 7, recipients: [], history }));
    expect(await pruneHistory(db, AT + 2)).toBe(2);
    expect((await createReader(db).history('acme', 'a@example.com', { limit: 9 })).items.map(({ version }) => version)).toEqual([102]);
  });

  test('a process with another key for the erased is told so; without a setting the key is made once', async () => {
    const made = await hashKeyOf(db, undefined);
    expect(await hashKeyOf(db, undefined)).toEqual(made);
    await expect(hashKeyOf(db, 'x'.repeat(40))).rejects.toMatchObject({
      kind: 'incompatible',
      message: expect.stringContaining('DESIST_HASH_KEY') as string,
    });
    await db.query('delete from desist.hash_key');
    await hashKeyOf(db, 'x'.repeat(40));
    await expect(hashKeyOf(db, undefined)).rejects.toMatchObject({ kind: 'incompatible' });
    expect(await db.query('select key from desist.hash_key')).toEqual([{ key: null }]);
  });

  test('the role desist_reader reads the views, and nothing else of the schema', async () => {
    const asReader = async (sql: string): Promise<readonly unknown[]> =>
      db.transaction(async (tx) => {
        await tx.query('set local role desist_reader');
        return tx.query(sql);
      });
    const [listed] = await asReader('select address, since from desist.suppression_list where address = $$a@example.com$$');
    expect(listed).toEqual({ address: 'a@example.com', since: new Date(AT) });
    expect(await asReader('select address from desist.recipient_status')).toEqual([{ address: 'a@example.com' }]);
    const tables = await db.query("select tablename from pg_tables where schemaname = 'desist'");
    expect(tables.length).toBeGreaterThan(5);
    for (const { tablename } of tables) {
      await expect(asReader(`select 1 from desist.${String(tablename)}`), String(tablename)).rejects.toThrow(/permission denied/);
    }
    await expect(asReader("insert into desist.suppression_list (tenant) values ('x')")).rejects.toThrow();
  });
});

describe('plans on a Postgres server with many rows', () => {
  let db: Database;
  let close: () => Promise<void>;
  beforeAll(async () => {
    ({ db, close } = await onServer());
    await db.query(
      `insert into desist.recipient (tenant, address, partition, version, tracked, state, policy, failures, messages, evidence, updated_at)
       select 'acme', 'u' || n || '@example' || n % 50 || '.com', 0, 1, true, 'suppressed', 'p', 0, 0, '{}', 0 from generate_series(1, 50000) as n`,
    );
    await db.query(
      `insert into desist.suppression (recipient_id, scope, reason, since, failures, policy, updated_at)
       select id, '*', 'hard_bounce', 0, 1, 'p', 0 from desist.recipient`,
    );
    await db.script('analyze desist.recipient; analyze desist.suppression');
  });
  afterAll(async () => close());

  async function plan(sql: string): Promise<string> {
    return JSON.stringify(await db.query(`explain (format json) ${sql}`));
  }

  test.each([
    ['the list', "select * from desist.suppression_list where tenant = 'acme' and address = 'u77@example27.com'"],
    ['the status', "select * from desist.recipient_status where tenant = 'acme' and address = 'u77@example27.com'"],
    [
      'the list, for many',
      "select * from desist.suppression_list where tenant = 'acme' and address in ('u77@example27.com', 'u78@example28.com')",
    ],
  ])('%s by tenant and address reads no whole table', async (_, sql) => {
    const found = await plan(sql);
    expect(found).toContain('recipient_tenant_address_key');
    expect(found).not.toContain('Seq Scan');
  });

  test.each([
    ['domain', "split_part(r.address, '@', 2) = 'example7.com'", 'recipient_domain'],
    ['prefix', 'r.address collate "C" like \'u777%\'', 'recipient_prefix'],
    ['since', 's.since >= 5', 'suppression_since'],
  ])('the list by %s uses its index', async (_, condition, index) => {
    const found = await plan(`select * from desist.suppression s join desist.recipient r on r.id = s.recipient_id where ${condition}`);
    expect(found).toContain(index);
  });

  test('a check of one and of ten thousand reads no whole table for one', async () => {
    expect(
      await plan(CHECK.replaceAll('$1', "'acme'").replaceAll('$2', "array['u77@example27.com']").replaceAll('$3', 'array[]')),
    ).toContain('recipient_tenant_address_key');
  });

  test('a page of the list reads a page, not the table', async () => {
    const found = await plan(
      'select * from desist.suppression s join desist.recipient r on r.id = s.recipient_id where (s.recipient_id, s.scope, s.reason) > (100, $$*$$, $$a$$) order by s.recipient_id, s.scope, s.reason limit 1001',
    );
    expect(found).not.toMatch(/Seq Scan|"Sort"/);
  });
});
