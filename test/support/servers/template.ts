/**
 * Databases with the schema of this version, copied from one that was migrated once for the whole run: the migrations take a second or two
 * each time, a copy a small part of that.
 */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate, openEmbedded, openServer } from '@desist/store-postgres';
import type { Database } from '@desist/store-postgres';
import { inject } from 'vitest';
import { createDatabase } from './postgres.ts';

export interface Template {
  /** Name of the database on the server; undefined: there is no server. */
  readonly database: string | undefined;
  /** Of the embedded database. Copies are made beside it, so that all of them go with the run. */
  readonly folder: string;
}

/** For the setup of the run. */
export async function makeTemplate(adminUrl: string | undefined): Promise<{ readonly template: Template; remove(): Promise<void> }> {
  const parent = await mkdtemp(join(tmpdir(), 'desist-template-'));
  const folder = join(parent, 'migrated');
  const embedded = await openEmbedded({ folder });
  await migrate(embedded);
  await embedded.close();
  const made = adminUrl === undefined ? undefined : await createDatabase(adminUrl);
  if (made !== undefined) {
    const db = openServer({ url: made.url, connections: 1, applicationName: 'desist-tests', onIdleError: () => undefined });
    await migrate(db);
    await db.close();
  }
  return {
    template: { database: made === undefined ? undefined : new URL(made.url).pathname.slice(1), folder },
    async remove() {
      await made?.drop();
      await rm(parent, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
}

export interface OpenDatabase {
  readonly db: Database;
  /** Nothing of it is left. */
  close(): Promise<void>;
}

/** On the server of the run. */
export async function migratedServer(): Promise<OpenDatabase & { readonly url: string }> {
  const { url, drop } = await createDatabase(inject('databaseUrl') ?? '', inject('template').database);
  const db = openServer({ url, applicationName: 'desist-tests', onIdleError: () => undefined });
  return { db, url, close: () => db.close().then(drop) };
}

/** Of an embedded database. */
export async function migratedFolder(): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const { folder } = inject('template');
  const path = await mkdtemp(join(folder, '../embedded-'));
  await cp(folder, path, { recursive: true });
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** Embedded databases of this worker that nobody uses at the moment. */
const idle: Reusable[] = ((globalThis as { desistIdle?: Reusable[] }).desistIdle ??= []);

interface Reusable {
  readonly db: Database;
  /** As after the migrations again. False: it cannot be brought there. */
  reset(): Promise<boolean>;
  close(): Promise<void>;
}

/**
 * An embedded database for one test. Opening one costs more than most tests do with it, so one that a test has closed is emptied and given to
 * the next; unless the test changed more than rows.
 */
export async function migratedEmbedded(): Promise<OpenDatabase> {
  const one = idle.pop() ?? (await openReusable());
  const { serveSql } = one.db;
  let changed = false;
  const watch = (text: string): void => {
    changed ||= /\b(?:alter|analyze|create|drop|grant|listen|lock|prepare|revoke|vacuum)\b/i.test(text);
  };
  const db: Database = {
    ...one.db,
    query: (text, values) => (watch(text), one.db.query(text, values)),
    script: (text) => (watch(text), one.db.script(text)),
    migration: (work) => ((changed = true), one.db.migration(work)),
    ...(serveSql === undefined ? {} : { serveSql: (port: number) => ((changed = true), serveSql(port)) }),
  };
  return {
    db,
    async close() {
      if (!changed && (await one.reset())) idle.push(one);
      else await one.close();
    },
  };
}

async function openReusable(): Promise<Reusable> {
  const { path, remove } = await migratedFolder();
  const db = await openEmbedded({ folder: path });
  const tables = await tablesOf(db);
  const rows: (readonly [table: string, rows: string])[] = [];
  for (const table of tables) {
    const [found] = await db.query(`select coalesce(jsonb_agg(t), '[]')::text as rows from ${table} t`);
    if (found?.['rows'] !== '[]') rows.push([table, found?.['rows'] as string]);
  }
  return {
    db,
    async reset() {
      // A partition more or less.
      if (String(await tablesOf(db)) !== String(tables)) return false;
      await db.query(`truncate ${tables.join(', ')} restart identity cascade`);
      for (const [table, were] of rows)
        await db.query(
          `insert into ${table} overriding system value select * from jsonb_populate_recordset(null::${table}, $1::text::jsonb)`,
          [were],
        );
      return true;
    },
    close: () => db.close().then(remove),
  };
}

/** Those that hold rows themselves, of all schemas of ours. */
async function tablesOf(db: Database): Promise<readonly string[]> {
  const found = await db.query(
    `select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind = 'r' and n.nspname <> 'information_schema' and n.nspname not like 'pg\\_%' order by 1`,
  );
  return found.map(({ name }) => name as string);
}
