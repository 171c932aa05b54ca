/** One handle for a Postgres server and for the embedded one; each is a Kysely dialect with our guarantees around it. */
import { CompiledQuery, isAbortedTransactionError } from 'kysely';
import type { Kysely, TableMetadata } from 'kysely';
import { StoreError } from '@desist/pipeline';
import type { Schema } from './schema.ts';
import type { SqlSocket } from './socket.ts';

export type Row = Readonly<Record<string, unknown>>;

export interface Queries {
  /** Rows as `values.ts` reads them: bigint and numeric are numbers, bytea a Buffer, timestamptz a Date. */
  query(text: string, values?: readonly unknown[]): Promise<readonly Row[]>;
}

export interface Database extends Queries {
  readonly kind: 'server' | 'embedded';
  /** Rolls back when `work` rejects. Rejects with `outcome_unknown` when only the answer to COMMIT was lost. */
  transaction<T>(work: (tx: Queries) => Promise<T>): Promise<T>;
  /** Several statements at once, without parameters. */
  script(text: string): Promise<void>;
  /** A transaction that may take as long as it needs, on a connection of its own. */
  migration<T>(work: (tx: Migration) => Promise<T>): Promise<T>;
  /** Every table and view of the database with its columns, as they are now. */
  tables(): Promise<readonly TableMetadata[]>;
  /** Embedded only: serves psql on this machine, read-only, as `desist_reader`. */
  readonly serveSql?: (port: number) => Promise<SqlSocket>;
  close(): Promise<void>;
}

/** What a migration may do: besides queries, whole scripts. */
export interface Migration extends Queries {
  script(text: string): Promise<void>;
}

/** Queries through whatever executes for Kysely: the instance itself, or one of its transactions. */
export function queriesOf(executor: Pick<Kysely<Schema>, 'executeQuery'>): Queries {
  return {
    query: async (text, values) => (await executor.executeQuery(CompiledQuery.raw(text, values as unknown[]) as CompiledQuery<Row>)).rows,
  };
}

/** READ COMMITTED, which is the server's default: above it the loser of a compare-and-set gets an error instead of no row. */
export async function inTransaction<T>(db: Kysely<Schema>, work: (tx: Queries) => Promise<T>): Promise<T> {
  try {
    return await db.transaction().execute((tx) => work(queriesOf(tx)));
  } catch (error) {
    // After a failed statement the server answers COMMIT with ROLLBACK, without an error.
    if (isAbortedTransactionError(error)) throw new StoreError('unavailable', 'the transaction was rolled back', { cause: error });
    throw error;
  }
}
