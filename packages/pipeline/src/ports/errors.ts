/** Errors of the adapters. Each kind names its remedy. */

export type StoreErrorKind =
  /** Nothing was changed; the same call may succeed later. */
  | 'unavailable'
  /** A commit whose answer was lost. The checkpoint shows whether it was applied. */
  | 'outcome_unknown'
  /** The database schema is newer or older than this version supports. */
  | 'incompatible'
  /** The store refuses this call and will refuse it again. An operator must act. */
  | 'refused';

export class StoreError extends Error {
  readonly kind: StoreErrorKind;

  constructor(kind: StoreErrorKind, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'StoreError';
    this.kind = kind;
  }
}

export type LogErrorKind =
  /** Some or all records may not have been stored; append them again. */
  | 'unavailable'
  /** Reading cannot continue in this process, which must be restarted. */
  | 'fatal'
  /** Topics are missing or configured wrongly. */
  | 'misconfigured'
  /** The log does not take one of these records (too large, without a key), whatever is tried: the others must go without it. */
  | 'refused';

export class LogError extends Error {
  readonly kind: LogErrorKind;

  constructor(kind: LogErrorKind, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'LogError';
    this.kind = kind;
  }
}

/** True for errors of an adapter, which name their remedy. Anything else that is thrown is a bug. */
export function isAdapterError(error: unknown): error is StoreError | LogError {
  return error instanceof StoreError || error instanceof LogError;
}
