import { LogError, StoreError } from '@desist/pipeline';
import { ConfigError } from '@desist/shell';

/** Exit codes: 0 done; 1 it ran, and the answer is no; 2 wrong usage or bad input; 3 something it needs is not there. */
export const EXIT = { done: 0, no: 1, usage: 2, missing: 3 } as const;

/** The code that an error ends a process with, if it is one that says to a person what to do. */
export function exitCodeOf(error: unknown): number | undefined {
  if (error instanceof ConfigError) return EXIT.usage;
  if (error instanceof StoreError || error instanceof LogError) return EXIT.missing;
  const { code } = error as { code?: unknown };
  if (code === 'EADDRINUSE' || code === 'EACCES' || code === 'EADDRNOTAVAIL') return EXIT.missing;
  return undefined;
}

/** Runs a service's main; an error that a person can mend is one message and an exit code, any other one is a crash. */
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

/** What `read` makes of the arguments; undefined when it refuses them (TypeError): then mistake and usage are said, and the exit code is set. */
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
