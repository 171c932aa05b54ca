import { LogError, StoreError } from '@desist/pipeline';
import { ConfigError } from './environment.ts';

/** Exit codes: 0 done; 1 it ran, and the answer is no; 2 wrong usage or bad input; 3 something that it needs is unavailable. */
export const EXIT = { done: 0, no: 1, usage: 2, missing: 3 } as const;

/** The exit code for an error whose message tells a person what to do; undefined for any other error. */
export function exitCodeOf(error: unknown): number | undefined {
  if (error instanceof ConfigError) return EXIT.usage;
  if (error instanceof StoreError || error instanceof LogError) return EXIT.missing;
  const { code } = error as { code?: unknown };
  if (code === 'EADDRINUSE' || code === 'EACCES' || code === 'EADDRNOTAVAIL') return EXIT.missing;
  return undefined;
}

/**
 * Runs a service's main function. An error that a person can fix is printed as one message with an exit code; any other error is a crash.
 */
export async function runMain(main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    const code = exitCodeOf(error);
    if (code === undefined) throw error;
    console.error((error as Error).message);
    process.exitCode = code;
  }
}

/**
 * The configuration that `read` returns. If it throws a TypeError, prints the mistake and the usage, sets the exit code and returns
 * undefined.
 */
export function configured<T>(read: () => T, usage: string): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    console.error(`${error.message}\n\n${usage}`);
    process.exitCode = EXIT.usage;
    return undefined;
  }
}
