/** Brings a database to this version: numbered files, forward only, each in one transaction. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { StoreError } from '@desist/pipeline';
import type { Database } from './database.ts';

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

/** The folder stands at the root of the repository: the same from `src` and from `dist`. */
const FOLDER = fileURLToPath(new URL('../../../migrations', import.meta.url));
/** Any number: two processes that migrate at once wait for each other. */
const LOCK = 7_345_001;

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

/**
 * Applies what is missing; answers the names of the steps.
 * @throws StoreError `incompatible` when the database is of a newer version.
 */
export async function migrate(db: Database): Promise<readonly string[]> {
  const before = await checkSchema(db);
  if (before.state === 'newer') throw newer(before);
  const applied: string[] = [];
  for (const step of steps()) {
    await db.transaction(async (tx) => {
      await tx.query('select pg_advisory_xact_lock($1)', [LOCK]);
      // Asked of the table itself, after the lock: what the catalogue caches say may be older than the lock.
      await tx.query('create schema if not exists desist');
      await tx.query(
        'create table if not exists desist.schema_version (version integer primary key, applied_at timestamptz not null default now())',
      );
      if ((await tx.query('select 1 from desist.schema_version where version = $1', [step.version])).length > 0) return;
      for (const statement of statementsOf(step.sql)) await tx.query(statement);
      await tx.query('insert into desist.schema_version (version) values ($1)', [step.version]);
      applied.push(step.name);
    });
  }
  return applied;
}

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

/** Splits at semicolons that end a line, outside of dollar quotes: one statement per query works with every driver. */
function statementsOf(sql: string): readonly string[] {
  const statements: string[] = [];
  let current = '';
  let quoted = false;
  for (const line of sql.split('\n')) {
    if (!quoted && line.startsWith('--')) continue;
    if (line.split('$$').length % 2 === 0) quoted = !quoted;
    current += `${line}\n`;
    if (quoted || !line.trimEnd().endsWith(';')) continue;
    statements.push(current);
    current = '';
  }
  return statements.filter((statement) => statement.trim() !== '');
}
