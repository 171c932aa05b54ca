/**
 * Compares this host's clock with the database's. Only a clock that agrees may fire timers: a host that runs ahead would suppress too
 * early.
 */
import type { Logger, Time } from '../ports/time.ts';

export interface ClockSkew {
  /** Compares the clocks, unless that was done within the last minute and this host's clock has not been set since. */
  measure(): Promise<void>;
  /** Whether the clocks agreed at the last comparison. */
  isTrusted(): boolean;
}

export interface ClockSkewOptions {
  readonly time: Time;
  readonly logger: Logger;
  /** Largest accepted difference, ms. */
  readonly tolerance: number;
  /** The database's clock, ms. */
  readonly databaseNow: () => Promise<number>;
}

const VALID_FOR = 60_000;

export function createClockSkew({ time, logger, tolerance, databaseNow }: ClockSkewOptions): ClockSkew {
  let measured: { readonly ms: number; readonly monotonic: number; readonly now: number } | undefined;

  /** The wall clock advanced by another amount than the monotonic clock. */
  function wasSet({ monotonic, now }: { readonly monotonic: number; readonly now: number }): boolean {
    return Math.abs(time.now() - now - (time.monotonic() - monotonic)) > tolerance;
  }

  return {
    isTrusted: () => measured !== undefined && Math.abs(measured.ms) <= tolerance,
    async measure() {
      if (measured !== undefined && time.monotonic() - measured.monotonic < VALID_FOR && !wasSet(measured)) return;
      const before = time.now();
      const now = await databaseNow();
      const ms = (before + time.now()) / 2 - now;
      if (Math.abs(ms) > tolerance) {
        logger.error({ milliseconds: Math.round(ms) }, 'this host and the database disagree about the time: deadlines wait');
      }
      measured = { ms, monotonic: time.monotonic(), now: time.now() };
    },
  };
}
