/** What went wrong in the database, named by what the callers do about it. */
import { StoreError } from '@desist/pipeline';

/** The server itself answered with an error; otherwise the connection was lost, and nobody knows what it did. */
export function hasSqlState(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  // Every SQLSTATE has a digit; EPIPE is five capitals too.
  return typeof code === 'string' && /^(?=.*\d)[0-9A-Z]{5}$/.test(code) && !code.startsWith('08') && !code.startsWith('57P');
}

/** Until a standby is promoted. */
const READ_ONLY = '25006';
/** Not there yet, overloaded, in conflict: worth another try. */
const RETRIABLE = /^(?:08|53|57|40|55P03|25P03)/;

/** What no second try mends, by SQLSTATE or its class: the server is there and does not let us in, or not do what we need. */
const ACCESS: ReadonlyMap<string, string> = new Map([
  ['28', 'check user and password in DATABASE_URL, and that the server lets this user in (pg_hba.conf)'],
  ['3D000', 'check the name of the database in DATABASE_URL, or create it'],
  ['42501', 'grant this user what is missing, or give another one in DATABASE_URL (docs/operations.md names the rights)'],
]);

export function asStoreError(error: unknown): unknown {
  if (error instanceof StoreError) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (!hasSqlState(error)) return new StoreError('unavailable', `database: ${message}`, { cause: error });
  const code = (error as { code: string }).code;
  if (code === READ_ONLY) {
    return new StoreError('unavailable', `database: it is a standby and only reads (${message}): what writes needs the primary`, {
      cause: error,
    });
  }
  if (RETRIABLE.test(code)) return new StoreError('unavailable', `database: ${message}`, { cause: error });
  if (code === '42P01' || code === '3F000' || code === '42703') {
    return new StoreError('incompatible', `the database is not of this version (${message}): run \`desist migrate\``, { cause: error });
  }
  const access = ACCESS.get(code) ?? ACCESS.get(code.slice(0, 2));
  if (access !== undefined) return new StoreError('incompatible', `database: ${message}: ${access}`, { cause: error });
  return error;
}
