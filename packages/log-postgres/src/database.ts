/** What the journal needs of a database. Rows are objects by column name; bigint comes as number, bytea as Uint8Array. */
export type Row = Readonly<Record<string, unknown>>;

export interface Queries {
  query(text: string, values?: readonly unknown[]): Promise<readonly Row[]>;
}

export interface Database extends Queries {
  readonly kind: 'server' | 'embedded';
  /** Rolls back when `work` rejects. Rejects with a `StoreError` `outcome_unknown` when only the answer to COMMIT was lost. */
  transaction<T>(work: (tx: Queries) => Promise<T>): Promise<T>;
}

/** The database's clock in SQL, ms since the epoch: of the statement, not of the transaction's begin. */
export const NOW = 'floor(extract(epoch from clock_timestamp()) * 1000)::bigint';
