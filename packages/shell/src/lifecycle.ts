/** Start and end of a process: signals abort, resources close in the reverse order of their opening. */
import type { Logger } from '@desist/pipeline';

export interface Lifecycle {
  /** Aborted by the first SIGTERM or SIGINT, or by `stop`. */
  readonly signal: AbortSignal;
  stop(): void;
  /** Registers how to close what was just opened. */
  opened(name: string, close: () => Promise<void>): void;
  /** Closes everything, the last opened first; a failure is logged and the next one goes on. */
  close(): Promise<void>;
}

/** Seconds after which an orderly end is given up. Whatever is killed then is taken up again at the next start. */
const PATIENCE = 35;

export function createLifecycle(logger: Logger): Lifecycle {
  const stop = new AbortController();
  const closers: { readonly name: string; readonly close: () => Promise<void> }[] = [];

  function onSignal(signal: NodeJS.Signals): void {
    if (stop.signal.aborted) {
      logger.warn({ signal }, 'ended at once: a second signal came');
      process.exit(1);
    }
    logger.info({ signal }, 'stopping: what is folded is being committed');
    setTimeout(() => {
      logger.error({ seconds: PATIENCE }, 'ended before everything was closed');
      process.exit(1);
    }, PATIENCE * 1_000).unref();
    stop.abort();
  }
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);

  return {
    signal: stop.signal,
    stop: () => {
      stop.abort();
    },
    opened: (name, close) => void closers.push({ name, close }),
    async close() {
      for (const { name, close } of closers.reverse()) {
        try {
          await close();
        } catch (error) {
          logger.warn({ name, problem: error instanceof Error ? error.message : String(error) }, 'was not closed in order');
        }
      }
      closers.length = 0;
      process.off('SIGTERM', onSignal);
      process.off('SIGINT', onSignal);
    },
  };
}
