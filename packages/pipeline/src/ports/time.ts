/** What the host provides to the pipeline: clocks, sleeping, abort signals and logging. */

/** The part of AbortSignal that the pipeline uses. */
export interface Signal {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

export interface Time {
  /** The host's wall clock, ms since the epoch. */
  now(): number;
  /** Milliseconds from an arbitrary start; never goes back, and also advances while the process is suspended. */
  monotonic(): number;
  /** Resolves after `ms` milliseconds, or at once when the signal aborts. Never rejects. */
  sleep(ms: number, signal?: Signal): Promise<void>;
  /** Lets I/O and heartbeats run between slices of CPU work. */
  yield(): Promise<void>;
}

/** Structured logging of life-cycle events and periodic summaries; never per event, never an address. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
