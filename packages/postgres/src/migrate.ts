/** Brings a database to this version: numbered files, forward only, each in one transaction. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { StoreError } from '@desist/pipeline';
import type { Database, Migration } from './database.ts';

export interface SchemaState {
  readonly current: number;
  readonly wanted: number;
  readonly state: 'ok' | 'missing' | 'older' | 'newer';
}

interface Step {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
}

/** Inside the package where it is installed, otherwise at the root of the repository; the same from `src` and from `dist`. */
const FOLDER =
  ['../migrations', '../../../migrations'].map((path) => fileURLToPath(new URL(path, import.meta.url))).find((path) => existsSync(path)) ??
  '';
/** Any number: two processes that migrate at once wait for each other. */
const LOCK = 7_345_001;
/** That of `desist.keep_rollups`. */
const KEEP_ROLLUPS = 7_345_002;

function steps(): readonly Step[] {
  return readdirSync(FOLDER)
    .filter((name) => /^\d{4}_.*\.sql$/.test(name))
    .sort()
    .map((name) => ({ version: Number(name.slice(0, 4)), name, sql: readFileSync(join(FOLDER, name), 'utf8') }));
}

export async function checkSchema(db: Database): Promise<SchemaState> {
  const wanted = steps().at(-1)?.version ?? 0;
  const [table] = await db.query("select to_regclass('desist.schema_version') is not null as there");
  if (table?.['there'] !== true) return { current: 0, wanted, state: 'missing' };
  const [row] = await db.query('select coalesce(max(version), 0)::int as version from desist.schema_version');
  const current = Number(row?.['version'] ?? 0);
  return { current, wanted, state: current === wanted ? 'ok' : current < wanted ? 'older' : 'newer' };
}

/** A step that `migrate` would apply. */
export interface PlannedStep {
  readonly name: string;
  /** What it is for: its first comment. */
  readonly about: string;
  readonly sql: string;
}

/** What `migrate` would apply, in order; changes nothing. @throws StoreError `incompatible` when the database is of a newer version. */
export async function planMigration(db: Database): Promise<readonly PlannedStep[]> {
  const before = await checkSchema(db);
  if (before.state === 'newer') throw newer(before);
  // Steps of several branches may have been released in another order than their numbers: the table says which were applied.
  const rows = before.state === 'missing' ? [] : await db.query('select version from desist.schema_version');
  const applied = new Set(rows.map((row) => Number(row['version'])));
  return steps()
    .filter(({ version }) => !applied.has(version))
    .map(({ name, sql }) => ({ name, about: firstComment(sql), sql }));
}

function firstComment(sql: string): string {
  const lines = /^(?:--.*\n)+/.exec(sql)?.[0].split('\n') ?? [];
  return lines
    .map((line) => line.replace(/^--\s*/, ''))
    .join(' ')
    .trim();
}

export interface Migrated {
  /** Names of the steps that were applied now. */
  readonly steps: readonly string[];
  readonly readers: ReaderRoles;
}

/** Whether a role may read the views. The others: there is no such role and this user may not create one, or may not grant. */
export type ReaderRole = 'ready' | 'may_not_create_roles' | 'may_not_grant';

export interface ReaderRoles {
  readonly desist_reader: ReaderRole;
  /** `server_too_old`: views that read with the rights of their reader exist since Postgres 15. */
  readonly desist_tenant_reader: ReaderRole | 'server_too_old';
}

/**
 * Applies what is missing, each step in a transaction without a time limit, and lets the roles of readers read the views.
 * @throws StoreError `incompatible` when the database is of a newer version.
 */
export async function migrate(db: Database): Promise<Migrated> {
  const before = await checkSchema(db);
  if (before.state === 'newer') throw newer(before);
  if (before.state !== 'ok') {
    await db.migration(async (tx) => {
      await lock(tx);
      await tx.script(NOT_MEANWHILE);
    });
  }
  const applied: string[] = [];
  for (const step of steps()) if (await apply(db, step)) applied.push(step.name);
  return { steps: applied, readers: await letReadersRead(db) };
}

/** False: it was applied before. */
async function apply(db: Database, step: Step): Promise<boolean> {
  return db.migration(async (tx) => {
    await lock(tx);
    // Asked of the table itself, after the lock: what the catalogue caches say may be older than the lock.
    await tx.script(VERSIONS);
    if ((await tx.query('select 1 from desist.schema_version where version = $1', [step.version])).length > 0) return false;
    await tx.script(step.sql);
    await tx.query('insert into desist.schema_version (version) values ($1)', [step.version]);
    return true;
  });
}

/** Another process' migration may take long; a table that somebody else holds is not waited for that way: behind us everybody would wait. */
async function lock(tx: Migration): Promise<void> {
  await tx.query('set local lock_timeout = 0');
  await tx.query('select pg_advisory_xact_lock($1)', [LOCK]);
  await tx.query('set local lock_timeout to default');
}

const VERSIONS = `create schema if not exists desist;
create table if not exists desist.schema_version (version integer primary key, applied_at timestamptz not null default now());`;

/** At every migration: a role may have been made since, by somebody who may, or the views been made anew or restored without it. */
async function letReadersRead(db: Database): Promise<ReaderRoles> {
  return db.migration(async (tx) => {
    await lock(tx);
    // Nobody attaches partitions of the roll-ups meanwhile: that locks the same tables in another order.
    await tx.query('select pg_advisory_xact_lock($1)', [KEEP_ROLLUPS]);
    await tx.query('select desist.keep_rollups((extract(epoch from now()) * 1000)::bigint)');
    for (const statement of [...ROLES, READING]) await tx.script(statement);
    const of = async (role: string): Promise<ReaderRole> => {
      const [row] = await tx.query(
        "select case when to_regrole($1) is null then null else has_table_privilege(to_regrole($1)::oid, 'desist.suppression_list', 'select') end as reads",
        [role],
      );
      if (row?.['reads'] === true) return 'ready';
      return row?.['reads'] === null ? 'may_not_create_roles' : 'may_not_grant';
    };
    const [server] = await tx.query("select current_setting('server_version_num')::integer >= 150000 as is_new");
    const tenantReader = await of('desist_tenant_reader');
    return {
      desist_reader: await of('desist_reader'),
      desist_tenant_reader: server?.['is_new'] === true ? tenantReader : 'server_too_old',
    };
  });
}

const ROLES = ['desist_reader', 'desist_tenant_reader'].map(
  (role) => `do $$
begin
  if to_regrole('${role}') is null then
    create role ${role} nologin;
  end if;
exception
  -- Roles belong to the whole server: another database's migration may make it at this moment.
  when duplicate_object or unique_violation or insufficient_privilege then null;
end $$;`,
);

const ONE_TENANT = 'tenant = (select desist.reading_tenant())';
const OF_ITS_RECIPIENT = `exists (select from desist.recipient r where r.id = recipient_id and r.${ONE_TENANT})`;

/** What desist_tenant_reader sees of each table that a view reads. A view of any other table is not for it. */
const OWN_ROWS: Readonly<Record<string, string>> = {
  recipient: ONE_TENANT,
  suppression: OF_ITS_RECIPIENT,
  recipient_event: OF_ITS_RECIPIENT,
  incident: ONE_TENANT,
  sender_incident: ONE_TENANT,
  rollup_hour: ONE_TENANT,
  rollup_quarter: ONE_TENANT,
};

/**
 * Views read with the rights of their reader (`security_invoker`), so that row-level security is asked for whoever that is, and before any
 * condition of a query that could tell what it sees. So readers need the columns that the views read, and get no others. Before Postgres 15 views
 * read with the rights of their owner: then there is only desist_reader.
 */
const READING = `do $$
declare
  isNew constant boolean := current_setting('server_version_num')::integer >= 150000;
  one record;
begin
  if isNew then
    for one in select relname from pg_class where relnamespace = 'desist'::regnamespace and relkind = 'v'
               and not coalesce(reloptions @> array['security_invoker=true'], false) loop
      execute format('alter view desist.%I set (security_invoker = true)', one.relname);
    end loop;
    if to_regrole('desist_tenant_reader') is not null then
      for one in select * from (values ${Object.entries(OWN_ROWS)
        .map(([table, rows]) => `('${table}', '${rows}')`)
        .join(', ')}) as o (name, own)
                 where to_regclass(format('desist.%I', name)) is not null
                   and not exists (select from pg_policies p where p.schemaname = 'desist' and p.tablename = o.name and p.policyname = 'one_tenant') loop
        -- Everybody reads and writes as the grants say; this role reads one tenant besides. The owner of the tables is not asked.
        execute format('drop policy if exists everybody on desist.%I', one.name);
        execute format('create policy everybody on desist.%I using (true) with check (true)', one.name);
        execute format('create policy one_tenant on desist.%I as restrictive for select to desist_tenant_reader using (%s)', one.name, one.own);
        execute format('alter table desist.%I enable row level security', one.name);
      end loop;
    end if;
  end if;
  for one in
    with reads as (
      select distinct r.ev_class as view, d.refobjid as base, d.refobjsubid as attribute
      from pg_rewrite r join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid and d.refclassid = 'pg_class'::regclass
      join pg_class v on v.oid = r.ev_class and v.relkind = 'v' and v.relnamespace = 'desist'::regnamespace
      where d.refobjid <> r.ev_class),
    closed as (
      select distinct view from reads where not exists (
        select from pg_policy p join pg_class c on c.oid = p.polrelid where p.polrelid = base and p.polname = 'one_tenant' and c.relrowsecurity)),
    readable as (
      select k.role, v.oid as view, k.role = 'desist_reader' or isNew and v.oid not in (select view from closed) as allowed
      from pg_class v cross join (values ('desist_reader'), ('desist_tenant_reader')) as k (role)
      where v.relkind = 'v' and v.relnamespace = 'desist'::regnamespace and to_regrole(k.role) is not null)
    select 1 as step, format('grant usage on schema desist to %I', role) as command from readable where allowed group by role
    union all
    select 2, format('%s select on %s %s %I', case when allowed then 'grant' else 'revoke' end, view::regclass,
      case when allowed then 'to' else 'from' end, role) from readable
    union all
    select 3, format('grant select (%s) on %s to %I', string_agg(distinct quote_ident(a.attname), ', '), r.base::regclass, role)
    from readable join reads r using (view) join pg_attribute a on a.attrelid = r.base and a.attnum = r.attribute
    where allowed and isNew and r.attribute > 0 group by r.base, role
    order by step
  loop
    execute one.command;
  end loop;
  if to_regprocedure('desist.answer_of_own_tenant(text, text, text)') is not null then
    if to_regrole('desist_reader') is not null then
      grant execute on function desist.may_send(text, text, text), desist.answer_of(text, text, text) to desist_reader;
    end if;
    -- It asks whose rows its caller sees, and answers of those. The other one answers of every tenant.
    if isNew and to_regrole('desist_tenant_reader') is not null then
      grant execute on function desist.may_send(text, text, text), desist.answer_of_own_tenant(text, text, text) to desist_tenant_reader;
    end if;
  end if;
exception
  when insufficient_privilege then null;
end $$;`;

/** A step may make a view anew, which then reads with its owner's rights until the end: nobody reads one tenant of it meanwhile. */
const NOT_MEANWHILE = `do $$
begin
  if to_regrole('desist_tenant_reader') is not null and to_regnamespace('desist') is not null then
    revoke select on all tables in schema desist from desist_tenant_reader;
  end if;
exception
  when insufficient_privilege then null;
end $$;`;

/** @throws StoreError `incompatible`, with what to do. */
export async function requireSchema(db: Database): Promise<void> {
  const schema = await checkSchema(db);
  if (schema.state === 'newer') throw newer(schema);
  if (schema.state !== 'ok') {
    throw new StoreError(
      'incompatible',
      `the database is at version ${schema.current}, this program needs ${schema.wanted}: run \`desist migrate\``,
    );
  }
}

function newer({ current, wanted }: SchemaState): StoreError {
  return new StoreError(
    'incompatible',
    `the database is at version ${current}, this program knows only ${wanted}: run the newer program, nothing was changed`,
  );
}
