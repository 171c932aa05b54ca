/**
 * What `desist capacity` and docs/capacity.md count with: `npm run bench:capacity [-- --rows 1000000]`, on a Postgres of its own. Engines fold one
 * recipient of each kind; what they left is multiplied, with other addresses, and measured: bytes of a row in each table and index, by failures
 * kept, the same after many updates with other fill factors, WAL per failure, and what an engine's memory holds of a tracked recipient.
 */
import { parseArgs } from 'node:util';
import { recipientKey, asAddress, asTenant } from '@desist/domain';
import { createDeadlines } from '@desist/pipeline';
import { migrate, openServer } from '@desist/store-postgres';
import type { Database } from '@desist/store-postgres';
import { addressOf, eventsOf, foldInto, PRESENT } from '../support/load/population.ts';
import type { Life } from '../support/load/population.ts';
import { sizesOf } from '../support/load/sizes.ts';
import { createDatabase, startPostgres } from '../support/servers/postgres.ts';

const { values } = parseArgs({ options: { rows: { type: 'string', default: '1000000' } } });
const ROWS = Number(values.rows);
if (!(ROWS >= 10_000 && ROWS <= 10_000_000)) throw new Error('--rows: from 10,000 to 10,000,000');
/** Of what is measured beside the large fill. */
const FEW = Math.min(ROWS, 50_000);
const STEP = 50_000;
const TRIES = [1, 2, 4, 8, 16, 32, 64, 96];
const TABLES = ['recipient', 'suppression', 'recipient_event', 'rollup_hour', 'audit_entry', 'forgotten', 'message_memory', 'journal'];
/** Scattered as real ones are, 26 bytes, and each once: like `addressOf`, for the row of the number n. */
const ADDRESS = `lpad(to_hex(n::bigint * 2654435761 % 4294967296), 8, '0') || '.' || n % 90 || '@example' || n % 500 || '.com'`;

const server = await startPostgres();
const made = await createDatabase(server.url);
const db = openServer({ url: made.url, applicationName: 'bench', onIdleError: () => undefined });
try {
  await migrate(db);
  await measureWal(db);
  await foldTemplates(db);
  await measureKinds(db);
  await measureUpdates(db);
  await measureList(db);
  await measureOthers(db);
} finally {
  await db.close();
  await server.stop();
}
measureMemory();

function heading(...cells: readonly string[]): void {
  console.log(`\n| ${cells.join(' | ')} |\n|${'---|'.repeat(cells.length)}`);
}

async function measureWal(database: Database): Promise<void> {
  const lsn = async (): Promise<number> => Number((await database.query("select pg_current_wal_lsn() - '0/0' as lsn"))[0]?.['lsn']);
  heading('failures', 'bytes of WAL for each');
  for (const [life, tries] of [
    ['bounced', 1],
    ['deferred', 8],
  ] as const) {
    const before = await lsn();
    await foldInto(database, eventsOf([{ life, count: 5_000, tries }]));
    console.log(`| ${life}, ${tries} of each recipient | ${Math.round(((await lsn()) - before) / (5_000 * tries))} |`);
    await database.script(
      'truncate desist.recipient, desist.suppression, desist.allowance, desist.recipient_event, desist.rollup_hour, desist.checkpoint',
    );
  }
}

/** Tables template_… with one recipient of each kind: `kind` is its life and its failures. */
async function foldTemplates(database: Database): Promise<void> {
  const kinds: [Life, number][] = [['bounced', 1], ['recovered', 4], ...TRIES.map((n): [Life, number] => ['deferred', n])];
  kinds.push(...TRIES.filter((n) => n > 2).map((n): [Life, number] => ['persistent', n]));
  await foldInto(database, eventsOf(kinds.map(([life, tries]) => ({ life, count: 1, tries }))));
  await database.script(`create table template_kind (kind text, address text);
    create table template_recipient as select * from desist.recipient;
    create table template_suppression as select * from desist.suppression;
    create table template_event as select * from desist.recipient_event;`);
  for (const [n, [life, tries]] of kinds.entries()) {
    await database.query('insert into template_kind values ($1, $2)', [`${life} ${tries}`, addressOf(n)]);
  }
  heading('recipient', 'bytes of evidence', 'changes', 'bytes of a change');
  for (const row of await database.query(
    `select kind, length(evidence) as evidence, count(e.version) as changes, avg(length(e.detail))::int as detail
       from template_kind k join template_recipient r using (address) left join template_event e on e.recipient_id = r.id
      group by kind, evidence order by split_part(kind, ' ', 1), split_part(kind, ' ', 2)::int`,
  )) {
    console.log(
      `| ${String(row['kind'])} | ${String(row['evidence'])} | ${String(row['changes'])} | ${row['detail'] === null ? '' : Number(row['detail'])} |`,
    );
  }
}

async function empty(database: Database): Promise<void> {
  await database.script('truncate desist.recipient, desist.suppression, desist.allowance, desist.recipient_event restart identity');
}

/** Recipients of one kind, `from` up to below `to`: with what they have on the list, and their changes. */
async function fill(database: Database, kind: string, from: number, to: number): Promise<void> {
  const columns = async (table: string, others: Readonly<Record<string, string>>): Promise<readonly [string, string]> => {
    const rows = await database.query(
      "select attname from pg_attribute where attrelid = ('desist.' || $1)::regclass and attnum > 0 and not attisdropped and attname <> 'id'",
      [table],
    );
    const names = rows.map(({ attname }) => String(attname));
    return [names.join(', '), names.map((name) => others[name] ?? `t.${name}`).join(', ')];
  };
  const [names, selected] = await columns('recipient', { address: ADDRESS, partition: 'n % 12' });
  const [listNames, listed] = await columns('suppression', { recipient_id: 'r.id', since: `t.since + r.id % 1000 * 3600000` });
  const [changeNames, changed] = await columns('recipient_event', {
    recipient_id: 'r.id',
    sequence: 'r.id * 8 + t.version',
    partition: 'r.partition',
  });
  const old = '(select o.id from template_recipient o join template_kind using (address) where kind = $1)';
  await database.query(
    `with r as (
       insert into desist.recipient (${names})
       select ${selected} from template_recipient t join template_kind using (address), generate_series($2::int, $3::int) n where kind = $1
       returning id, partition),
     s as (insert into desist.suppression (${listNames}) select ${listed} from r, template_suppression t where t.recipient_id = ${old})
     insert into desist.recipient_event (${changeNames}) select ${changed} from r, template_event t where t.recipient_id = ${old} order by r.id`,
    [kind, from, to - 1],
  );
}

async function measureKinds(database: Database): Promise<void> {
  heading('recipient', 'recipient', 'suppression', 'recipient_event, of each change');
  for (const { kind } of await database.query(
    'select kind from template_kind order by split_part(kind, $1, 1), split_part(kind, $1, 2)::int',
    [' '],
  )) {
    await empty(database);
    await fill(database, String(kind), 0, FEW / 5);
    const sizes = await sizesOf(database, TABLES);
    const of = (table: string): number => sizes.find((one) => one.table === table && one.index === null)?.bytes ?? 0;
    const changes = Number((await database.query('select count(*) as n from desist.recipient_event'))[0]?.['n']);
    const per = [of('recipient') / (FEW / 5), of('suppression') / (FEW / 5), changes === 0 ? 0 : of('recipient_event') / changes];
    console.log(`| ${String(kind)} | ${per.map((bytes) => Math.round(bytes)).join(' | ')} |`);
  }
}

/**
 * Seven more failures of recipients with one, each of which makes the row 153 bytes longer; then ten that leave its length. In statements of two per
 * cent of the rows, and without a vacuum: recipients that fail now are few of a large table, which is not due for long.
 */
async function measureUpdates(database: Database): Promise<void> {
  heading('fillfactor', 'recipient, one failure', 'eight failures', 'ten more', 'its indexes, one failure', 'in the end', 'HOT');
  for (const factor of [100, 90, 80, 70, 50]) {
    await empty(database);
    await database.script(`alter table desist.recipient set (fillfactor = ${factor}, autovacuum_enabled = false)`);
    await fill(database, 'deferred 1', 0, FEW / 5);
    const size = async (index: boolean): Promise<number> =>
      (await sizesOf(database, ['recipient'])).filter((one) => (one.index !== null) === index).reduce((sum, { bytes }) => sum + bytes, 0);
    const sizes = [await size(false)];
    const indexes = await size(true);
    await database.script(`select pg_stat_force_next_flush(); select pg_stat_reset_single_table_counters('desist.recipient'::regclass)`);
    for (let round = 0; round < 850; round += 1) {
      await database.query(
        `update desist.recipient set failures = $1, last_failure_at = last_failure_at + 1, due = due + 1, updated_at = updated_at + 1,
           evidence = case when $1::int < 350 then evidence || left(repeat(md5(id::text || $1), 5), 153) else overlay(evidence placing lpad(($1::int % 10)::text, 1) from 20) end
         where id % 50 = ($1::int * 7) % 50`,
        [round],
      );
      if (round === 349) sizes.push(await size(false));
    }
    await database.script('select pg_stat_force_next_flush()');
    const [stat] = await database.query(
      "select n_tup_hot_upd::float8 / greatest(n_tup_upd, 1) as hot from pg_stat_user_tables where relid = 'desist.recipient'::regclass",
    );
    const per = [...sizes, await size(false), indexes, await size(true)].map((bytes) => Math.round(bytes / (FEW / 5)));
    console.log(`| ${factor} | ${per.join(' | ')} | ${Math.round(Number(stat?.['hot']) * 100)} % |`);
  }
  await database.script('alter table desist.recipient set (fillfactor = 70); alter table desist.recipient reset (autovacuum_enabled)');
}

async function measureList(database: Database): Promise<void> {
  await empty(database);
  for (let from = 0; from < ROWS; from += STEP) {
    await fill(database, 'bounced 1', from, Math.min(from + STEP, ROWS));
    process.stderr.write(`\r${Math.min(from + STEP, ROWS)} recipients `);
  }
  process.stderr.write('\n');
  await print(database, ['recipient', 'suppression', 'recipient_event'], ROWS);
  await empty(database);
}

/** Rows as their stores write them, in the sizes that `columns` says. */
async function measureOthers(database: Database): Promise<void> {
  await database.script('truncate desist.rollup_hour, desist.audit_entry, desist.forgotten, desist.message_memory, desist.journal');
  const id = `substr(md5(n::text) || md5('x' || n), 1, 43)`;
  const value = `{"version":1,"type":"delivered","id":"0190f5c8-7d3a-7c1e-b0f2-3a9e5d7c1b42","tenant":"acme","recipient":"first.last@example.com","stream":"transactional","messageId":"m-0190f5c8-7d3a-7c1e","occurredAt":"2026-03-04T10:00:00.000Z","smtp":{"code":250,"text":"250 2.0.0 OK 1772618400 queued as 4Q"},"mx":"mx1.example.com"}`;
  await database.query(
    `insert into desist.rollup_hour (family, at, partition, tenant, provider, stream, pool, domain, type, category, attribution, upper_bound, events, quarter_0, quarter_1, quarter_2, quarter_3)
     select case when n % 2 = 0 then 'events' else 'domains' end, $1::bigint + n / 6000 * 3600000, n / 500 % 12, 'acme', 'example' || n % 500 || '.com',
       case when n % 2 = 0 then 'transactional' else '' end, '', case when n % 2 = 0 then '' else 'example' || n % 500 || '.com' end, 'delivered', '', '', 0,
       17, 5, 4, 4, 4 from generate_series(1, $2::int) n`,
    [PRESENT, FEW],
  );
  await database.query(
    `insert into desist.audit_entry (at, action, tenant, key_id, key_name, key_of_tenant, by, origin, address, target, outcome, note, detail)
     select $1::bigint + n, 'release', 'acme', 'key_5f2c9a10b7e3d4486a1c', 'support', false, 'alice@example.com', '10.20.30.40', ${ADDRESS}, '*', 'done',
       'asked by phone', '{}' from generate_series(1, $2::int) n`,
    [PRESENT, FEW],
  );
  await database.query(
    `insert into desist.forgotten (tenant, hash, partition, version, at, blocks)
     select 'acme', ${id}, n % 12, 1, $1::bigint + n, '[{"scope":"*","reason":"hard_bounce","since":1772618400000,"expiresAt":null}]' from generate_series(1, $2::int) n`,
    [PRESENT, FEW],
  );
  await database.query(
    `insert into desist.message_memory (name, mark, sealed, several, kept_until)
     select ${id}, ${id}, ${id} || substr(${id}, 1, 37), false, $1::bigint + n from generate_series(1, $2::int) n`,
    [PRESENT, FEW],
  );
  await database.query(
    `insert into desist.journal (topic, partition, record_offset, record_time, key, value)
     select 'deliveryEvents', n % 4, n / 4, $1::bigint + n, convert_to('acme/' || ${ADDRESS}, 'UTF8'), convert_to($3::text, 'UTF8') from generate_series(1, $2::int) n`,
    [PRESENT, FEW, value],
  );
  await print(database, ['rollup_hour', 'audit_entry', 'forgotten', 'message_memory', 'journal'], FEW);
}

async function print(database: Database, tables: readonly string[], rows: number): Promise<void> {
  heading('table', 'index', `bytes of a row (${rows.toLocaleString('en')} rows)`);
  for (const { table, index, bytes } of await sizesOf(database, tables)) {
    if (bytes / rows >= 1) console.log(`| ${table} | ${index ?? ''} | ${(bytes / rows).toFixed(0)} |`);
  }
}

/** Every recipient that is on the list or deferred has its deadline in the memory of the engine that owns its partition. */
function measureMemory(): void {
  const count = 1_000_000;
  const used = (): number => {
    global.gc?.();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const before = used();
  const deadlines = createDeadlines();
  for (let n = 0; n < count; n += 1) {
    // As read from the database: a text of its own, and no part of a longer one.
    const key = recipientKey(asTenant('acme'), asAddress(Buffer.from(`${n}.${addressOf(n)}`).toString()));
    deadlines.track(key, n % 10 === 0 ? PRESENT + n : null);
  }
  console.log(`\nmemory of a tracked recipient: ${Math.round((used() - before) / deadlines.size())} bytes`);
}
