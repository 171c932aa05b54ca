/**
 * Several engine processes under one: each is an engine of its own and shares the partitions with the others, as if an operator
 * had started it. One that dies is started again, with back-off; one that refuses its settings ends them all.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { EXIT } from '@desist/assembly';
import type { Logger } from '@desist/pipeline';
import { systemTime } from '@desist/shell';

export interface Supervised {
  /** How many. */
  readonly count: number;
  /** Arguments of Node, and what differs in the environment, of each from 0 on. */
  readonly command: (index: number) => { readonly args: readonly string[]; readonly env: Readonly<Record<string, string>> };
  readonly logger: Logger;
  /** Aborted: all are told to end. */
  readonly signal: AbortSignal;
  /** ms before the first restart; doubled up to 64 times that while one dies young. */
  readonly pause?: number;
}

const PAUSE = 500;
const LONGEST = 64;
/** ms: one that lived for so long did not die of its start. */
const OLD = 60_000;
/** ms from SIGTERM to SIGKILL: more than an engine's own patience. */
const PATIENCE = 40_000;

/** Resolves when all have ended: with 0, or with the code of the one that can not work at all. */
export async function supervise({ count, command, logger, signal, pause = PAUSE }: Supervised): Promise<number> {
  const refused = new AbortController();
  const ending = AbortSignal.any([signal, refused.signal]);

  async function keep(index: number): Promise<number> {
    let young = 0;
    for (;;) {
      const began = performance.now();
      const { args, env } = command(index);
      const child = spawn(process.execPath, args, { stdio: 'inherit', env: { ...process.env, ...env } });
      const code = await endOf(child, ending);
      if (ending.aborted) return code === EXIT.usage || code === EXIT.missing ? code : EXIT.done;
      if (code === EXIT.usage || code === EXIT.missing) {
        refused.abort();
        return code;
      }
      young = performance.now() - began > OLD ? 0 : Math.min(young + 1, 7);
      const wait = Math.min(pause * 2 ** Math.max(young - 1, 0), pause * LONGEST);
      logger.error({ process: index, code, restartInMs: wait }, 'an engine ended: it is started again');
      await systemTime.sleep(wait, ending);
      if (ending.aborted) return EXIT.done;
    }
  }

  const codes = await Promise.all(Array.from({ length: count }, (_, index) => keep(index)));
  return Math.max(...codes);
}

/** The exit code; null after a signal or when it could not be started. */
function endOf(child: ChildProcess, ending: AbortSignal): Promise<number | null> {
  return new Promise((resolve) => {
    let kill: NodeJS.Timeout | undefined;
    const end = (): void => {
      child.kill('SIGTERM');
      kill = setTimeout(() => child.kill('SIGKILL'), PATIENCE);
    };
    const gone = (code: number | null): void => {
      clearTimeout(kill);
      ending.removeEventListener('abort', end);
      resolve(code);
    };
    child.once('exit', gone);
    child.once('error', () => {
      gone(null);
    });
    if (ending.aborted) end();
    else ending.addEventListener('abort', end, { once: true });
  });
}
