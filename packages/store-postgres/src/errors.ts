import { StoreError } from '@desist/pipeline';

/** Classes of SQLSTATE that say "not now" (Postgres documentation, appendix A). */
const AWAY_CLASSES = new Set(['08', '40', '53', '55', '57', '58', 'XX']);
/** Read-only (fail-over left us on a standby), closed by idle_in_transaction_session_timeout, transaction_timeout. */
const AWAY_CODES = new Set(['25006', '25P03', '25P04', '28000', '28P01', '3D000']);
/** Missing schema, table, column, function, or no right to them. */
const SCHEMA_CODES = new Set(['3F000', '42P01', '42703', '42883', '42501']);

/** SQLSTATE of a server's error; undefined for anything that is not an answer of the server. */
export function sqlStateOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || !('severity' in error)) return undefined;
  return typeof error.code === 'string' && /^[0-9A-Z]{5}$/.test(error.code) ? error.code : undefined;
}

/**
 * What a failed statement means to the engine. Faults of the data (SQLSTATE 22, 23, syntax) stay what they are: trying
 * again does not help, and the partition stops with their text.
 */
export function statementError(error: unknown): unknown {
  if (error instanceof StoreError) return error;
  const state = sqlStateOf(error);
  const text = error instanceof Error ? error.message : String(error);
  if (state === undefined) return new StoreError('unavailable', `database: ${text}`, { cause: error });
  if (SCHEMA_CODES.has(state)) {
    return new StoreError('incompatible', `the database lacks what this version needs (${text}): run \`desist migrate\``, { cause: error });
  }
  if (AWAY_CLASSES.has(state.slice(0, 2)) || AWAY_CODES.has(state)) {
    return new StoreError('unavailable', `database: ${text} (${state})`, { cause: error });
  }
  return error;
}

/** What a failed COMMIT means: an ERROR of a living server undid it; after anything else nobody knows. */
export function commitError(error: unknown): unknown {
  if (sqlStateOf(error) !== undefined && (error as { severity?: unknown }).severity === 'ERROR') return statementError(error);
  const text = error instanceof Error ? error.message : String(error);
  return new StoreError('outcome_unknown', `the answer to COMMIT was lost: ${text}`, { cause: error });
}
