/** A Postgres server: a pool of connections with limits, behind Kysely's dialect. */
import { StoreError } from '@desist/pipeline';
import { Kysely, PostgresDialect } from 'kysely';
import type { PostgresPoolClient, PostgresQueryResult } from 'kysely';
import pg from 'pg';
import { inTransaction, queriesOf } from './database.ts';
import type { Database, Row } from './database.ts';
import { asStoreError, hasSqlState } from './errors.ts';
import type { Schema } from './schema.ts';
import { nameOfText } from './statement.ts';
import { PARSERS } from './values.ts';

export interface ServerOptions {
  readonly url: string;
  /** Names the connections in pg_stat_activity. */
  readonly applicationName: string;
  readonly connections?: number;
  /** Errors of idle connections: they are replaced, nothing is lost. */
  readonly onIdleError: (error: Error) => void;
}

/** ms. `query_timeout` is the client's, for a connection that died in silence: above the server's own. */
const STATEMENT_LIMITS = { statement_timeout: 30_000, query_timeout: 35_000 } as const;

export function openServer(options: ServerOptions): Database {
  const pool = openPool(options, options.connections ?? 8, STATEMENT_LIMITS);
  const db = kyselyOn(pool);
  return {
    kind: 'server',
    ...queriesOf(db),
    transaction: (work) => inTransaction(db, work),
    tables: () => db.introspection.getTables(),
    async script(text) {
      await queriesOf(db).query(text);
    },
    async migration(work) {
      const own = openPool(options, 1, {});
      try {
        return await inTransaction(kyselyOn(own), (tx) =>
          // Without values a text goes by the simple protocol, which takes several statements.
          work({ ...tx, script: async (text) => void (await tx.query(text)) }),
        );
      } finally {
        await own.end();
      }
    },
    // Kysely's own `destroy` would do no more than this.
    close: () => pool.end(),
  };
}

function openPool(options: ServerOptions, connections: number, limits: Partial<typeof STATEMENT_LIMITS>): pg.Pool {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: connections,
    application_name: options.applicationName,
    keepAlive: true,
    connectionTimeoutMillis: 5_000,
    ...limits,
    lock_timeout: 15_000,
    idle_in_transaction_session_timeout: 10_000,
    types: {
      getTypeParser: ((oid: number, format: never): unknown => PARSERS[oid] ?? pg.types.getTypeParser(oid as never, format)) as never,
    },
  });
  pool.on('error', options.onIdleError);
  // Without a listener, an error between two statements would end the process. It is set at once, because the server may close a
  // connection right after opening it, before its caller has it.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

function kyselyOn(pool: pg.Pool): Kysely<Schema> {
  /** One for each connection, as long as it lives: Kysely keeps what it knows of it beside that. */
  const guards = new WeakMap<pg.PoolClient, PostgresPoolClient>();

  async function connect(): Promise<PostgresPoolClient> {
    let client;
    try {
      client = await pool.connect();
    } catch (error) {
      throw asStoreError(error);
    }
    const known = guards.get(client);
    if (known !== undefined) return known;
    const made = guard(client);
    guards.set(client, made);
    return made;
  }

  return new Kysely<Schema>({ dialect: new PostgresDialect({ pool: { options: pool.options, connect, end: () => pool.end() } }) });
}

/**
 * A connection from the pool, as Kysely sees it. After anything that failed its state is not known any more: it
 * is closed, which rolls back whatever is open. A ROLLBACK is not sent, for a connection that hangs would let it wait, too.
 */
function guard(client: pg.PoolClient): PostgresPoolClient {
  let broken = false;

  function failed(text: string, error: unknown): never {
    broken = true;
    if (text === 'commit' && !hasSqlState(error)) {
      throw new StoreError('outcome_unknown', 'the answer to COMMIT was lost', { cause: error });
    }
    throw asStoreError(error);
  }

  function query(text: string, values: unknown[]): Promise<pg.QueryResult<Row>> {
    const name = nameOfText(text);
    const result = name === undefined ? client.query<Row>(text, values) : client.query<Row>({ name, text, values });
    return result.catch((error: unknown) => failed(text, error));
  }

  function rolledBack(): Promise<PostgresQueryResult<Row>> {
    broken = true;
    return Promise.resolve({ command: 'ROLLBACK', rowCount: 0, rows: [] });
  }

  return {
    query: ((text: string, values: unknown[]) =>
      text === 'rollback' ? rolledBack() : query(text, values)) as unknown as PostgresPoolClient['query'],
    release: () => client.release(broken),
  };
}
