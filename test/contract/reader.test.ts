/** The reader's contract on both databases; the views, the role that may read them, and the plans of the queries that must be fast. */
import { readFile } from 'node:fs/promises';
import { pruneHistory } from '@desist/runtime';
import { CHECK, createReader, createStore, hashKeyOf, keyedHash } from '@desist/store-postgres';
import type { RecipientFilter } from '@desist/pipeline';
import type { Database } from '@desist/store-postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asAddress, asTenant } from '@desist/domain';
import { plansOf } from '../support/servers/plans.ts';
import { migratedEmbedded, migratedServer } from '../support/servers/template.ts';
import { readerContract } from './reader-suite.ts';
import { AT, planFrom, row } from './store-suite.ts';

const databases = [
  ['Postgres server', migratedServer],
  ['PGlite', migratedEmbedded],
] as const;
for (const [name, open] of databases) {
  readerContract(name, async () => {
    const { db, close } = await open();
    const hashOf = keyedHash(Buffer.from('key'));
    const scanning = (scanned: number) => createReader(db, { hashOf, scanned });
    return { reader: createReader(db, { hashOf }), scanning, store: createStore(db, { hashOf }), close };
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
      'created_by text',
      'note text',
      'source text',
      'provider text',
      `probation_until ${at}`,
      'subdomains boolean',
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
      `probation_until ${at}`,
    ]);
  });

  test('every query of docs/sql.md runs as desist_reader', async () => {
    const text = await readFile(new URL('../../docs/sql.md', import.meta.url), 'utf8');
    const queries = [...text.matchAll(/```sql\n([\s\S]*?)```/g)].map(([, query]) => String(query));
    expect(queries).toHaveLength(14);
    for (const query of queries) {
      await db.transaction(async (tx) => {
        await tx.query('set local role desist_reader');
        await tx.query(query);
      });
    }
  });

  test('history goes when it is old enough, and nothing else', async () => {
    const store = createStore(db);
    const entry = { tenant: asTenant('acme'), address: asAddress('a@example.com'), type: 'suppressed', effectiveAt: AT, detail: '{}' };
    const history = [0, 1, 2].map((version) => ({ ...entry, sequence: version + 1, version: 100 + version, recordedAt: AT + version }));
    await store.commit(planFrom(await store.claim(7, 'me'), { partition: 7, recipients: [], history }));
    expect(await pruneHistory(db, AT + 2)).toBe(2);
    expect(
      (await createReader(db).history(asTenant('acme'), asAddress('a@example.com'), { limit: 9 })).items.map(({ version }) => version),
    ).toEqual([102]);
  });

  test('a process with another hash key is refused; without a setting the key is generated once', async () => {
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

  test('the role desist_reader reads the views and the columns that are in them, and nothing else of the schema', async () => {
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
      const refused = BEHIND_VIEWS.includes(String(tablename)) ? 'delete' : 'select 1';
      await expect(asReader(`${refused} from desist.${String(tablename)}`), String(tablename)).rejects.toThrow(/permission denied/);
    }
    await expect(asReader('select due, policy from desist.recipient')).rejects.toThrow(/permission denied/);
    await expect(asReader("insert into desist.suppression_list (tenant) values ('x')")).rejects.toThrow();
  });
});

/** Views read with the rights of their reader, who has the columns that are in them. */
const BEHIND_VIEWS = ['recipient', 'suppression', 'recipient_event', 'incident', 'sender_incident', 'rollup_hour', 'rollup_quarter'];

describe('plans on a Postgres server with many rows', () => {
  let db: Database;
  let close: () => Promise<void>;
  beforeAll(async () => {
    ({ db, close } = await migratedServer());
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

  describe('a page of the recipients that are not healthy', () => {
    beforeAll(async () => {
      await db.query(
        `insert into desist.recipient (tenant, address, partition, version, tracked, state, policy, failures, messages, evidence, updated_at,
           suppress_at, category, provider, streak_started_at)
         select case when n % 1000 = 0 then 'small' else 'large' end, 'p' || n || '@' || case when n < 100 then 'few.example' else 'many.example' end,
           0, 1, true, case when n % 2 = 0 then 'persistent' else 'deferred' end, 'p', 0, 0, '{}', 0,
           case when n % 2 = 0 then 1000000 + n end, 'mailbox_full', case when n = 99999 then 'rare' else 'gmail' end, 0
         from generate_series(1, 100000) as n`,
      );
      await db.script('analyze desist.recipient');
    });

    test.each<readonly [string, Partial<RecipientFilter>, string]>([
      ['everybody', {}, 'recipient_deadline'],
      ['a small tenant', { tenants: ['small'] }, 'recipient_deadline_of_tenant'],
      ['a large tenant', { tenants: ['large'], state: 'persistent' }, 'recipient_deadline_of_tenant'],
      ['several tenants', { tenants: ['small', 'nobody'] }, 'recipient_deadline'],
      ['a state whose rows come last', { state: 'suppressed' }, 'recipient_deadline'],
      ['a provider that hardly anybody has', { provider: 'rare' }, 'recipient_deadline'],
      ['a category that nobody has', { category: 'virus_detected' }, 'recipient_deadline'],
      ['a domain with few', { domain: 'few.example' }, 'recipient_domain'],
      ['a domain with many', { domain: 'many.example' }, 'recipient_deadline'],
      ['a near deadline', { suppressedBefore: 1_000_050 }, 'recipient_deadline'],
    ])('of %s goes by an index, and reads no more than it may', async (_, filter, index) => {
      const nodes = await plansOf(db, (watched) => createReader(watched).recipients({ limit: 100, ...filter }));
      expect(nodes.map((node) => node['Index Name'])).toContain(index);
      expect(nodes.filter((node) => node['Node Type'] === 'Seq Scan')).toEqual([]);
      for (const node of nodes)
        expect(((node['Actual Rows'] ?? 0) + (node['Rows Removed by Filter'] ?? 0)) * (node['Actual Loops'] ?? 1)).toBeLessThanOrEqual(
          20_001,
        );
    });
  });

  test('a check of one recipient, among ten thousand, does not read a whole table', async () => {
    const values = { $1: "'acme'", $2: "array['u77@example27.com']", $3: 'array[]', $4: "array['example27.com']" };
    const found = await plan(CHECK.replaceAll(/\$[1-4]/g, (name) => values[name as keyof typeof values]));
    expect(found).toContain('recipient_tenant_address_key');
    // The checkpoints are read whole; recipients never, nor all entries for domains.
    expect(found).not.toMatch(/"Node Type":"Seq Scan"[^{}]*"Relation Name":"(recipient|suppression|allowance)"/);
    expect(found).not.toMatch(/"(Hash|Merge) Join"[^{}]*"(Hash|Merge) Cond":"[^"]*name/);
  });

  test('a page of the list reads a page, not the table', async () => {
    const found = await plan(
      'select * from desist.suppression s join desist.recipient r on r.id = s.recipient_id where (s.recipient_id, s.scope, s.reason) > (100, $$*$$, $$a$$) order by s.recipient_id, s.scope, s.reason limit 1001',
    );
    expect(found).not.toMatch(/Seq Scan|"Sort"/);
  });
});
