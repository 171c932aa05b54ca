import { StoreError } from '@desist/pipeline';
import pg from 'pg';
import type { PoolClient, QueryConfig } from 'pg';
import type { Database, Queryable, Row } from './database.ts';
import { commitError, statementError } from './errors.ts';

export interface PostgresOptions {
  /** postgres://user:password@host:port/database; parameters as libpq knows them. */
  readonly url: string;
  /** Most connections at a time; default 10. */
  readonly max?: number;
  readonly applicationName?: string;
  /** Longest wait for a connection, ms; default 5,000. */
  readonly connectTimeout?: number;
  /** Longest a statement may take, ms, as the server counts; default 30,000. The client gives up 5 s later. */
  readonly statementTimeout?: number;
  /** Told of connections that fail while nobody uses them; the pool replaces them by itself. */
  readonly onIdleError?: (error: Error) => void;
}

/** An owner that stopped within a transaction loses its row locks after this time; a claim waits longer (`store.ts`). */
const IDLE_IN_TRANSACTION = 10_000;
const SCRIPT_TIMEOUT = 3_600_000;

const INT8 = 20;

/** bigint as number: offsets, numbers and times stay below 2^53. */
const types = {
  getTypeParser(oid: number, format?: 'text' | 'binary'): (value: never) => unknown {
    if (oid === INT8 && format !== 'binary') return Number;
    return pg.types.getTypeParser(oid, format as 'text') as (value: never) => unknown;
  },
};

/** Opens a pool of connections to a Postgres server. Connects at the first statement, not before. */
export function openPostgres(options: PostgresOptions): Database {
  const statementTimeout = options.statementTimeout ?? 30_000;
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.max ?? 10,
    application_name: options.applicationName ?? 'desist',
    connectionTimeoutMillis: options.connectTimeout ?? 5_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 5_000,
    statement_timeout: statementTimeout,
    query_timeout: statementTimeout + 5_000,
    lock_timeout: Math.min(15_000, statementTimeout),
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION,
    // So that the server lets go of a client that was cut off without a word.
    options: '-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3',
    types,
  });
  // Unheard, the error of a connection ends the process: idle ones tell the pool, those in use themselves.
  pool.on('error', (error) => options.onIdleError?.(error));
  pool.on('connect', (client) => client.on('error', () => undefined));
  let closing: Promise<void> | undefined;

  async function withClient<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    let client: PoolClient;
    try {
      client = await pool.connect();
    } catch (error) {
      throw statementError(error);
    }
    try {
      const result = await work(client);
      client.release();
      return result;
    } catch (error) {
      // After a fault of the connection, a time-out or a change of roles it is not fit for the next user. After a mere
      // fault of the data, the transaction was rolled back.
      client.release(error instanceof StoreError && error.kind !== 'incompatible');
      throw error;
    }
  }

  return {
    kind: 'postgres',
    query: (text, values) => withClient((client) => queryableOf(client).query(text, values)),
    script: (text) => withClient((client) => queryableOf(client).script(text)),
    transaction: (work) => withClient((client) => inTransaction(client, work)),
    close: () => (closing ??= pool.end()),
  };
}

async function inTransaction<T>(client: PoolClient, work: (tx: Queryable) => Promise<T>): Promise<T> {
  const tx = queryableOf(client);
  await tx.query('begin isolation level read committed read write');
  let result: T;
  try {
    result = await work(tx);
  } catch (error) {
    // A connection in doubt is thrown away, which rolls back too; a ROLLBACK would wait behind a statement that hangs.
    if (!(error instanceof StoreError && error.kind === 'unavailable')) await tx.query('rollback');
    throw error;
  }
  let command: string;
  try {
    ({ command } = await client.query('commit'));
  } catch (error) {
    throw commitError(error);
  }
  // After a failed statement COMMIT answers ROLLBACK, and no error.
  if (command !== 'COMMIT') throw new StoreError('unavailable', `the transaction was not committed: the database answered ${command}`);
  return result;
}

function queryableOf(client: PoolClient): Queryable {
  return {
    async query<R = Row>(text: string, values?: readonly unknown[]) {
      try {
        const result = await client.query<R & Row>(text, values as unknown[] | undefined);
        return result.rows as readonly R[];
      } catch (error) {
        throw statementError(error);
      }
    },
    async script(text) {
      const config: QueryConfig & { query_timeout: number } = { text, query_timeout: SCRIPT_TIMEOUT };
      try {
        await client.query(config);
      } catch (error) {
        throw statementError(error);
      }
    },
  };
}
