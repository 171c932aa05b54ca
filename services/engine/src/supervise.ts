/**
 * Runs several engine processes. Each is an independent engine that shares the partitions with the others, as if an operator
 * had started it. One that dies is restarted, with back-off; one that refuses its settings ends them all.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { EXIT } from '@desist/runtime';
import type { Logger } from '@desist/pipeline';
import { systemTime } from '@desist/runtime';

export interface Supervised {
  /** Number of processes. */
  readonly count: number;
  /** Arguments for Node and additional environment variables of the process with this index (from 0). */
  readonly command: (index: number) => { readonly args: readonly string[]; readonly env: Readonly<Record<string, string>> };
  readonly logger: Logger;
  /** When it aborts, all processes are stopped. */
  readonly signal: AbortSignal;
  /** Is given what hands a signal on to all processes. */
  readonly signals?: (send: (signal: NodeJS.Signals) => void) => void;
  /** ms before the first restart; doubled up to 64 times that while a process keeps dying early. */
  readonly pause?: number;
}

const PAUSE = 500;
const LONGEST = 64;
/** ms: a process that ran this long started successfully. */
const STARTED_AFTER = 60_000;
/** ms from SIGTERM to SIGKILL: longer than an engine takes to give up an orderly shutdown. */
const PATIENCE = 40_000;

/** Resolves when all have ended: with 0, or with the exit code of a process that refused its settings. */
export async function supervise({ count, command, logger, signal, signals, pause = PAUSE }: Supervised): Promise<number> {
  const refused = new AbortController();
  const ending = AbortSignal.any([signal, refused.signal]);
  const running = new Set<ChildProcess>();
  signals?.((which) => {
    for (const child of running) child.kill(which);
  });

  async function keep(index: number): Promise<number> {
    let earlyDeaths = 0;
    for (;;) {
      const startedAt = performance.now();
      const { args, env } = command(index);
      const child = spawn(process.execPath, args, { stdio: 'inherit', env: { ...process.env, ...env } });
      running.add(child);
      const code = await endOf(child, ending);
      running.delete(child);
      if (ending.aborted) return code === EXIT.usage || code === EXIT.missing ? code : EXIT.done;
      if (code === EXIT.usage || code === EXIT.missing) {
        refused.abort();
        return code;
      }
      earlyDeaths = performance.now() - startedAt > STARTED_AFTER ? 0 : Math.min(earlyDeaths + 1, 7);
      const wait = Math.min(pause * 2 ** Math.max(earlyDeaths - 1, 0), pause * LONGEST);
      logger.error({ process: index, code, restartInMs: wait }, 'an engine ended: restarting it');
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
    const onExit = (code: number | null): void => {
      clearTimeout(kill);
      ending.removeEventListener('abort', end);
      resolve(code);
    };
    child.once('exit', onExit);
    child.once('error', () => {
      onExit(null);
    });
    if (ending.aborted) end();
    else ending.addEventListener('abort', end, { once: true });
  });
}
