/** Start and end of a process: signals abort its work, and resources close in reverse order of opening. */
import type { Logger } from '@desist/pipeline';

export interface Lifecycle {
  /** Aborted by the first SIGTERM or SIGINT, by `stop`, or when everything is closed: what repeats ends then, also after a start that failed. */
  readonly signal: AbortSignal;
  stop(): void;
  /** Called at SIGHUP: what is configured is to be read again. Without it a SIGHUP does nothing. */
  onReload(work: () => void): void;
  /** Registers how to close a resource that was just opened. */
  opened(name: string, close: () => Promise<void>): void;
  /** Closes everything, the last opened first. A failure is logged and does not keep the others open. */
  close(): Promise<void>;
}

/** Seconds after which an orderly shutdown is given up. Work that is killed then is repeated at the next start. */
export const SHUTDOWN_PATIENCE = 35;
/** ms that what is left open, of a library that lost a connection for instance, may still take once everything is closed. */
const REMAINDER = 1_000;

export function createLifecycle(logger: Logger): Lifecycle {
  const stop = new AbortController();
  const closers: { readonly name: string; readonly close: () => Promise<void> }[] = [];
  let closing: string | null = null;
  let patience: NodeJS.Timeout | undefined;

  function onSignal(signal: NodeJS.Signals): void {
    if (stop.signal.aborted) {
      logger.warn({ signal }, 'exiting at once: a second signal arrived');
      process.exit(1);
    }
    logger.info({ signal }, 'stopping: committing folded records');
    patience = setTimeout(() => {
      logger.error({ seconds: SHUTDOWN_PATIENCE, closing }, 'exiting before everything could be closed');
      process.exit(1);
    }, SHUTDOWN_PATIENCE * 1_000).unref();
    stop.abort();
  }
  let reload: (() => void) | undefined;
  function onHangUp(): void {
    if (reload === undefined) logger.info({ signal: 'SIGHUP' }, 'there is nothing that this process reads again');
    else reload();
  }
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  process.on('SIGHUP', onHangUp);

  return {
    signal: stop.signal,
    stop: () => {
      stop.abort();
    },
    onReload: (work) => void (reload = work),
    opened: (name, close) => void closers.push({ name, close }),
    async close() {
      stop.abort();
      for (const { name, close } of closers.reverse()) {
        closing = name;
        try {
          await close();
        } catch (error) {
          logger.warn({ name, problem: error instanceof Error ? error.message : String(error) }, 'could not be closed');
        }
      }
      closers.length = 0;
      closing = null;
      process.off('SIGTERM', onSignal);
      process.off('SIGINT', onSignal);
      process.off('SIGHUP', onHangUp);
      if (patience === undefined) return;
      clearTimeout(patience);
      // Nobody waits for it: all that is ours is done, and a forgotten socket must not make a failure of an orderly end.
      setTimeout(() => {
        logger.info({ open: process.getActiveResourcesInfo() }, 'exiting with something left open');
        process.exit();
      }, REMAINDER).unref();
    },
  };
}
