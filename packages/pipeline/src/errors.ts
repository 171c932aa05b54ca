/** Errors of the adapters, named by what the engine does about them. */

export type StoreErrorKind =
  /** Nothing was changed; the same call may succeed later. */
  | 'unavailable'
  /** A commit whose answer was lost: the checkpoint tells what became of it. */
  | 'outcome_unknown'
  /** The schema is newer or older than this version can work with. */
  | 'incompatible';

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
  /** Reading cannot go on in this process: it must be restarted. */
  | 'fatal'
  /** Topics are missing or not as they must be. */
  | 'misconfigured';

export class LogError extends Error {
  readonly kind: LogErrorKind;

  constructor(kind: LogErrorKind, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'LogError';
    this.kind = kind;
  }
}
