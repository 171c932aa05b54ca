/** What a login of the role desist_tenant_reader sees, whatever it tries; and that nobody else notices. */
import { randomBytes } from 'node:crypto';
import { asAddress, asTenant } from '@desist/domain';
import { createdIncident } from '@desist/pipeline';
import { createIncidentStore, createStore, migrate, openServer } from '@desist/store-postgres';
import type { Database } from '@desist/store-postgres';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { createDatabase } from '../support/servers/postgres.ts';
import { AT, planFrom, row } from './store-suite.ts';

const VIEWS = [
  ...['changes_hourly', 'deferred_messages_hourly', 'domain_hourly', 'incidents', 'recipient_evidence', 'recipient_history'],
  ...['recipient_status', 'regret_hourly', 'suppression_list', 'traffic_hourly', 'traffic_quarterly', 'wait_hourly', 'wait_quarterly'],
];
/** Of the other tenant; none of it may be seen. */
const SECRET = 'secret';

describe.skipIf(inject('databaseUrl') === undefined)('readers of one tenant', () => {
  const suffix = randomBytes(6).toString('hex');
  const [free, bound, both, service] = ['free', 'bound', 'both', 'service'].map((name) => `desist_test_${name}_${suffix}`) as [
    string,
    string,
    string,
    string,
  ];
  let owner: Database;
  let url: string;
  let drop: () => Promise<void>;
  const opened: Database[] = [];

  /** One connection, so that its session stays. */
  function as(login: string): Database {
    const of = new URL(url);
    of.username = login;
    const db = openServer({ url: of.href, connections: 1, applicationName: 'desist-tests', onIdleError: () => undefined });
    opened.push(db);
    return db;
  }

  beforeAll(async () => {
    ({ url, drop } = await createDatabase(inject('databaseUrl') ?? ''));
    owner = openServer({ url, applicationName: 'desist-tests', onIdleError: () => undefined });
    expect((await migrate(owner)).readers).toEqual({ desist_reader: 'ready', desist_tenant_reader: 'ready' });
    for (const login of [free, bound, both, service]) await owner.query(`create role ${login} login`);
    await owner.script(`grant desist_tenant_reader to ${free}, ${bound}, ${both}; grant desist_reader to ${both};
      grant usage on schema desist to ${service}; grant select, insert, update, delete on all tables in schema desist to ${service}`);
    await owner.query("insert into desist.reader_tenant values ($1, 'acme')", [bound]);
    const store = createStore(owner);
    const of = (tenant: string, name: string, at: number) =>
      row(`${name}@${tenant}.example`, {
        tenant: asTenant(tenant),
        ...{ category: tenant === 'other' ? SECRET : 'mailbox_full', provider: tenant === 'other' ? SECRET : 'gmail', updatedAt: at },
        evidence: JSON.stringify({ facts: [{ kind: 'suppress', at, scope: '*', note: tenant === 'other' ? SECRET : 'asked' }] }),
      });
    const recipients = [
      of('acme', 'a', AT),
      of('acme', 'b', AT),
      ...Array.from({ length: 300 }, (_, n) => of('other', `${SECRET}${n}`, AT)),
    ];
    const history = recipients.slice(0, 3).map(({ tenant, address }, n) => ({
      ...{ tenant, address, type: 'suppressed', effectiveAt: AT, recordedAt: AT, version: 1, sequence: n + 1 },
      detail: JSON.stringify({ to: tenant === 'other' ? SECRET : 'suppressed' }),
    }));
    await store.commit(planFrom(await store.claim(0, 'me'), { recipients, history }));
    const incidents = createIncidentStore(owner);
    for (const tenant of ['acme', 'other', null]) {
      const terms = { tenant: tenant === null ? null : asTenant(tenant), provider: tenant === 'acme' ? 'gmail' : SECRET };
      const more = { domain: null, code: null, text: null, from: AT, until: null };
      await incidents.insert(createdIncident(`of-${tenant ?? 'all'}`, { ...terms, ...more }, { by: null, note: null, at: AT }));
    }
    for (const tenant of ['acme', 'other']) {
      const values = [`sender-of-${tenant}`, tenant, tenant === 'other' ? SECRET : 'gmail'];
      await owner.query(
        `insert into desist.sender_incident (id, revision, told, open, tenant, provider, from_at, decided_at, partition, summary, created_at)
         values ($1, 1, 1, true, $2, $3, ${AT}, ${AT}, 0, '{}', ${AT})`,
        values,
      );
    }
    for (const table of ['rollup_hour', 'rollup_quarter']) {
      for (const tenant of ['acme', 'other']) {
        for (const [family, type] of [
          ['events', 'delivered'],
          ['domains', 'delivered'],
          ['domains', 'deferred_message'],
          ['waits', 'delivery'],
          ['changes', 'suppressed'],
          ['regret', 'suppressed'],
        ]) {
          const values = [family, tenant, tenant === 'other' ? SECRET : 'gmail', type];
          await owner.query(`insert into desist.${table} values ($1, ${AT}, 0, $2, $3, 's', '', 'd', $4, '', '', 0, 5)`, values);
        }
      }
    }
    await owner.script('analyze');
  });
  afterAll(async () => {
    for (const db of opened) await db.close();
    await owner.query(`drop owned by ${[free, bound, both, service].join(', ')}`);
    await owner.close();
    await drop();
    const admin = openServer({
      url: inject('databaseUrl') ?? '',
      connections: 1,
      applicationName: 'desist-tests',
      onIdleError: () => undefined,
    });
    await admin.query(`drop role ${[free, bound, both, service].join(', ')}`);
    await admin.close();
  });

  const tenantsIn = async (db: Database, view: string): Promise<readonly unknown[]> => {
    const rows = await db.query(`select * from desist.${view}`);
    if (!rows.some(({ tenant }) => tenant === 'other')) expect(JSON.stringify(rows)).not.toContain(SECRET);
    return [...new Set(rows.map(({ tenant }) => tenant))];
  };

  test('every view is one of theirs: a new view reads tables that have the rule', async () => {
    const views = await owner.query(
      "select viewname as name, has_table_privilege('desist_tenant_reader', format('desist.%I', viewname), 'select') as reads from pg_views where schemaname = 'desist' order by 1",
    );
    expect(views).toEqual(VIEWS.map((name) => ({ name, reads: true })));
  });

  test('see nothing without the setting, and with it that tenant in every view', async () => {
    const db = as(free);
    for (const view of VIEWS) expect(await tenantsIn(db, view), view).toEqual([]);
    await db.query("set desist.tenant = 'acme'");
    for (const view of VIEWS) expect(await tenantsIn(db, view), view).toEqual(['acme']);
    await db.query("set desist.tenant = 'other'");
    expect(await tenantsIn(db, 'suppression_list')).toEqual(['other']);
    for (const none of ["''", "'nobody'", 'default', "'*'", "'acme'' or true --'"]) {
      await db.query(`set desist.tenant = ${none}`);
      for (const view of VIEWS) expect(await tenantsIn(db, view), view).toEqual([]);
    }
  });

  test('whose login is for one tenant see no other, whatever they set', async () => {
    const db = as(bound);
    for (const [tenant, seen] of [
      ['acme', ['acme']],
      ['other', []],
      ['', []],
    ] as const) {
      await db.query("select set_config('desist.tenant', $1, false)", [tenant]);
      expect(await tenantsIn(db, 'suppression_list'), tenant).toEqual(seen);
    }
    await expect(db.query('select * from desist.reader_tenant')).rejects.toThrow(/permission denied/);
  });

  test('who also are readers of everything see one tenant all the same', async () => {
    const db = as(both);
    await db.query("set desist.tenant = 'acme'");
    expect(await tenantsIn(db, 'recipient_status')).toEqual(['acme']);
    await db.query('set role desist_reader');
    // That is what the administrator gave them.
    expect((await tenantsIn(db, 'recipient_status')).toSorted()).toEqual(['acme', 'other']);
  });

  describe('that try to see another one', () => {
    const acme = async (): Promise<Database> => {
      const db = as(bound);
      await db.query("set desist.tenant = 'acme'");
      return db;
    };

    test('by functions that tell what they are given, in any view', async () => {
      const db = await acme();
      await db.script('create temp table seen (text text)');
      await db.script(`create function pg_temp.leak(given text) returns boolean language plpgsql cost 0.0000001 as
        $$ begin insert into pg_temp.seen values (given); return true; end $$`);
      const seen = async (): Promise<string> => JSON.stringify(await db.query('select distinct text from seen'));
      for (const view of VIEWS) await db.query(`select count(*) from desist.${view} v where pg_temp.leak(v::text)`);
      await db.query('select count(*) from desist.recipient r where pg_temp.leak(r.address)');
      await db.query('select count(*) from desist.suppression s where pg_temp.leak(s.reply || s.rule)');
      await db.query('select count(*) from desist.suppression_list l join desist.recipient r on pg_temp.leak(r.address)');
      expect(await seen()).toContain('a@acme.example');
      expect(await seen()).not.toMatch(/secret|other/);
    });

    test('by operators that the planner asks about common values', async () => {
      const db = await acme();
      await db.script(`create temp table seen (text text);
        create function pg_temp.leaky(a text, b text) returns boolean language plpgsql as
          $$ begin insert into pg_temp.seen values (a), (b); return false; end $$;
        create operator pg_temp.=== (function = pg_temp.leaky, leftarg = text, rightarg = text, restrict = eqsel)`);
      for (const column of ['category', 'provider', 'tenant', 'address'])
        await db.query(`explain select * from desist.recipient_status where ${column} operator(pg_temp.===) 'x'`);
      expect(JSON.stringify(await db.query('select distinct text from seen'))).not.toMatch(/secret|other/);
      // They can tell, where they may.
      await db.script("create temp table mine as select 'common' as text from generate_series(1, 100); analyze mine");
      await db.query("explain select * from mine where text operator(pg_temp.===) 'x'");
      expect(JSON.stringify(await db.query('select distinct text from seen'))).toContain('common');
      const statistics = await db.query("select most_common_vals::text from pg_stats where schemaname = 'desist'");
      expect(JSON.stringify(statistics)).not.toMatch(/secret|other/);
    });

    test('by errors that repeat a value', async () => {
      const db = await acme();
      for (const query of [
        'select address::integer from desist.suppression_list',
        'select * from desist.recipient_status where category::integer = 1',
        "select * from desist.recipient_status where address like '%secret%' and address::integer = 1",
      ]) {
        const failure = await db.query(query).then(String, String);
        expect(failure, query).not.toMatch(/secret/);
        await db.query("set desist.tenant = 'acme'");
      }
    });

    test.each([
      ['another role', 'set role desist_reader', /permission denied/],
      ['the owner', 'set role postgres', /permission denied/],
      ['another session', 'set session authorization postgres', /permission denied/],
      ['the rules switched off', 'set row_security = off; select * from desist.suppression_list', /row-level security/],
      ['columns that no view has', 'select due from desist.recipient', /permission denied/],
      ['the function that answers of every tenant', "select desist.may_send('other', 'secret1@other.example')", /permission denied/],
      ['other tables', 'select * from desist.audit_entry', /permission denied/],
      ['other tables', 'select * from desist.api_key', /permission denied/],
      ['a partition by itself', 'select * from desist.rollup_hour_default', /permission denied/],
      ['another rule', 'drop policy one_tenant on desist.recipient', /must be owner/],
      ['writing', "update desist.recipient_status set category = 'x'", /permission denied|cannot update/],
      ['its own binding', 'delete from desist.reader_tenant', /permission denied/],
      [
        'another function',
        "create or replace function desist.reading_tenant() returns text language sql as 'select 1::text'",
        /permission denied/,
      ],
      ['another schema in its place', 'create schema mine', /permission denied/],
    ])('by %s', async (_, script, refusal) => {
      const db = await acme();
      await expect(db.script(script)).rejects.toThrow(refusal);
      await db.query("set desist.tenant = 'acme'");
      expect(await tenantsIn(db, 'suppression_list')).toEqual(['acme']);
    });
  });

  test('a view of a table without the rule is not for them; a view that was made anew is theirs after the next migration', async () => {
    await owner.script(`create view desist.extra as select name from desist.api_key;
      create or replace view desist.incidents with (security_invoker = false) as ${String(
        (await owner.query("select pg_get_viewdef('desist.incidents'::regclass) as text"))[0]?.['text'],
      )}`);
    await migrate(owner);
    const db = as(free);
    await db.query("set desist.tenant = 'acme'");
    await expect(db.query('select * from desist.extra')).rejects.toThrow(/permission denied/);
    await db.query("set desist.tenant = 'acme'");
    expect(await tenantsIn(db, 'incidents')).toEqual(['acme']);
    await owner.script('drop view desist.extra');
  });

  test('services that do not own the tables read and write as before', async () => {
    const db = as(service);
    const store = createStore(db);
    const claim = await store.claim(1, 'service');
    expect(await store.commit(planFrom(claim, { partition: 1, recipients: [row('new@example.com', { partition: 1 })] }))).toBe('committed');
    const ref = { tenant: asTenant('acme'), address: asAddress('new@example.com') };
    expect(await store.load([ref])).toHaveLength(1);
    expect((await db.query('select count(*)::integer as all from desist.recipient'))[0]?.['all']).toBe(303);
  });

  test('readers of everything keep their plans: addresses are found by an index, by beginning and by domain', async () => {
    const plan = async (condition: string): Promise<string> =>
      owner.transaction(async (tx) => {
        await tx.query('set local enable_seqscan = off');
        await tx.query('set local role desist_reader');
        return JSON.stringify(await tx.query(`explain select * from desist.suppression_list where ${condition}`));
      });
    for (const condition of [
      "tenant = 'acme' and address = 'a@acme.example'",
      `address collate "C" like 'a@%'`,
      "split_part(address, '@', 2) = 'acme.example'",
    ]) {
      expect(await plan(condition), condition).toMatch(/Index (Only )?Scan (using|on) recipient_|Bitmap Index Scan on recipient_/);
      expect(await plan(condition)).not.toMatch(/Seq Scan on recipient|SubPlan/);
    }
  });
});
