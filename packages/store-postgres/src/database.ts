/** One handle for a Postgres server and for the embedded one. Everything else in this package is plain SQL over it. */
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { StoreError } from '@desist/pipeline';
import pg from 'pg';
import { serveSql } from './socket.ts';
import type { SqlSocket } from './socket.ts';

export type Row = Readonly<Record<string, unknown>>;

export interface Queries {
  query(text: string, values?: readonly unknown[]): Promise<readonly Row[]>;
}

export interface Database extends Queries {
  readonly kind: 'server' | 'embedded';
  /** Rolls back when `work` rejects. Rejects with `outcome_unknown` when only the answer to COMMIT was lost. */
  transaction<T>(work: (tx: Queries) => Promise<T>): Promise<T>;
  /**
   * The rows of one query in pages, all of one moment, however long it takes to read them. On a server a read-only transaction stays
   * open meanwhile; the embedded database, which has one connection, copies the rows first.
   */
  snapshot(text: string, values: readonly unknown[], pageSize: number): AsyncIterable<readonly Row[]>;
  /** Several statements at once, without parameters. */
  script(text: string): Promise<void>;
  /** Embedded only: serves psql on this machine, read-only, as `desist_reader`. */
  readonly serveSql?: (port: number) => Promise<SqlSocket>;
  close(): Promise<void>;
}

export interface ServerOptions {
  readonly url: string;
  /** Names the connections in pg_stat_activity. */
  readonly applicationName: string;
  readonly connections?: number;
  /** Errors of idle connections: they are replaced, nothing is lost. */
  readonly onIdleError: (error: Error) => void;
}

const INT8 = 20;

export function openServer(options: ServerOptions): Database {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.connections ?? 8,
    application_name: options.applicationName,
    keepAlive: true,
    connectionTimeoutMillis: 5_000,
    statement_timeout: 30_000,
    query_timeout: 35_000,
    lock_timeout: 15_000,
    idle_in_transaction_session_timeout: 10_000,
    types: {
      getTypeParser: ((oid: number, format: never): unknown =>
        oid === INT8 ? Number : pg.types.getTypeParser(oid as never, format)) as never,
    },
  });
  pool.on('error', options.onIdleError);

  async function connected(): Promise<pg.PoolClient> {
    try {
      const client = await pool.connect();
      // Unheard, an error between two statements would end the process.
      if (client.listenerCount('error') === 0) client.on('error', () => undefined);
      return client;
    } catch (error) {
      throw asStoreError(error);
    }
  }

  return {
    kind: 'server',
    async query(text, values) {
      try {
        return (await pool.query(text, values as unknown[])).rows as Row[];
      } catch (error) {
        throw asStoreError(error);
      }
    },
    async transaction(work) {
      const client = await connected();
      const ask: Queries['query'] = async (text, values) => {
        try {
          return (await client.query(text, values as unknown[])).rows as Row[];
        } catch (error) {
          throw asStoreError(error);
        }
      };
      let result;
      try {
        await ask('begin');
        result = await work({ query: ask });
      } catch (error) {
        // The connection's state is not known any more: it is closed, which rolls back whatever is open.
        client.release(true);
        throw error;
      }
      await commitOn(client);
      return result;
    },
    async *snapshot(text, values, pageSize) {
      const client = await connected();
      let done = false;
      try {
        await client.query('begin isolation level repeatable read read only');
        // A reader that pauses for a minute is gone; the statements themselves are short.
        await client.query('set local idle_in_transaction_session_timeout = 60000');
        await client.query(`declare listed no scroll cursor for ${text}`, values as unknown[]);
        for (;;) {
          const rows = (await client.query(`fetch ${pageSize} from listed`)).rows as Row[];
          if (rows.length > 0) yield rows;
          if (rows.length < pageSize) break;
        }
        await client.query('commit');
        done = true;
      } catch (error) {
        throw asStoreError(error);
      } finally {
        // Left in the middle, by an error or by a reader who has seen enough: the transaction goes with the connection.
        client.release(!done);
      }
    },
    async script(text) {
      try {
        await pool.query(text);
      } catch (error) {
        throw asStoreError(error);
      }
    },
    async close() {
      await pool.end();
    },
  };
}

async function commitOn(client: pg.PoolClient): Promise<void> {
  let command: string;
  try {
    command = (await client.query('commit')).command;
  } catch (error) {
    client.release(true);
    if (hasSqlState(error)) throw asStoreError(error);
    throw new StoreError('outcome_unknown', 'the answer to COMMIT was lost', { cause: error });
  }
  client.release();
  // After a failed statement the server answers COMMIT with ROLLBACK, without an error.
  if (command !== 'COMMIT') throw new StoreError('unavailable', 'the transaction was rolled back');
}

/** Opens (or makes) a database in a folder. It survives a killed process, not a power cut: PGlite calls no fsync. */
export async function openEmbedded(options: { readonly folder: string }): Promise<Database> {
  mkdirSync(options.folder, { recursive: true });
  const unlock = lockFolder(options.folder);
  let snapshots = 0;
  let db: PGlite;
  try {
    db = await PGlite.create({ dataDir: join(options.folder, 'postgres'), parsers: { [INT8]: Number } });
  } catch (error) {
    unlock();
    throw error;
  }
  return {
    kind: 'embedded',
    async query(text, values) {
      return (await db.query<Row>(text, values as unknown[])).rows;
    },
    async transaction(work) {
      return db.transaction(async (tx) => work({ query: async (text, values) => (await tx.query<Row>(text, values as unknown[])).rows }));
    },
    async *snapshot(text, values, pageSize) {
      const table = `snapshot_${(snapshots += 1)}`;
      await db.query(
        `create temp table ${table} as select row_number() over () as nth, listed.* from (${text}) as listed`,
        values as unknown[],
      );
      try {
        await db.query(`create index on ${table} (nth)`);
        for (let from = 0; ; from += pageSize) {
          const { rows } = await db.query<Row>(`select * from ${table} where nth > $1 order by nth limit ${pageSize}`, [from]);
          if (rows.length > 0) yield rows.map(({ nth: _, ...row }) => row);
          if (rows.length < pageSize) return;
        }
      } finally {
        await db.query(`drop table ${table}`);
      }
    },
    async script(text) {
      await db.exec(text);
    },
    serveSql: (port) =>
      serveSql(port, (messages) =>
        // The transaction's lock keeps everybody else out until it is rolled back.
        db.transaction(async (tx) => {
          await tx.exec('set transaction read only; set local role desist_reader');
          const frames = await db.runExclusive(() => db.execProtocolRaw(messages));
          await tx.rollback();
          return frames;
        }),
      ),
    async close() {
      await db.close();
      unlock();
    },
  };
}

/** PGlite lets two processes destroy one folder: a lock file says who holds it. */
function lockFolder(folder: string): () => void {
  const path = join(folder, 'lock');
  const mine = JSON.stringify({ pid: process.pid, host: hostname(), since: new Date().toISOString() });
  for (let attempt = 0; attempt < 2; attempt += 1) {
    try {
      const file = openSync(path, 'wx');
      writeFileSync(file, mine);
      closeSync(file);
      return () => {
        rmSync(path, { force: true });
      };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const holder = holderOf(path);
      if (holder !== undefined && isAlive(holder)) {
        throw new StoreError(
          'incompatible',
          `${folder} is in use by process ${holder.pid} on ${holder.host} since ${holder.since}: stop it, talk to it over HTTP, or give another folder with --data`,
        );
      }
      rmSync(path, { force: true });
    }
  }
  throw new StoreError('incompatible', `${folder} could not be locked: another process takes it at this moment`);
}

interface Holder {
  readonly pid: number;
  readonly host: string;
  readonly since: string;
}

function holderOf(path: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Holder;
  } catch {
    return undefined;
  }
}

function isAlive({ pid, host }: Holder): boolean {
  // Of another machine nothing can be known: better refuse than destroy.
  if (host !== hostname()) return true;
  if (pid === process.pid) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function hasSqlState(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  // Every SQLSTATE has a digit; EPIPE is five capitals too.
  return typeof code === 'string' && /^(?=.*\d)[0-9A-Z]{5}$/.test(code) && !code.startsWith('08') && !code.startsWith('57P');
}

/** Not there yet, overloaded, in conflict, a standby for the moment: worth another try. */
const RETRIABLE = /^(?:08|53|57|40|55P03|25P03|25006)/;

function asStoreError(error: unknown): unknown {
  if (error instanceof StoreError) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (!hasSqlState(error)) return new StoreError('unavailable', `database: ${message}`, { cause: error });
  const code = (error as { code: string }).code;
  if (RETRIABLE.test(code)) return new StoreError('unavailable', `database: ${message}`, { cause: error });
  if (code === '42P01' || code === '3F000' || code === '42703') {
    return new StoreError('incompatible', `the database is not of this version (${message}): run \`desist migrate\``, { cause: error });
  }
  return error;
}
