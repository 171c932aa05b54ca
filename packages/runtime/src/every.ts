import type { Logger, Signal, Time } from '@desist/pipeline';

export interface Background {
  readonly time: Time;
  readonly logger: Logger;
  readonly signal: Signal;
}

/**
 * Repeats `work` every `ms` milliseconds until the signal aborts. A failure is logged with the text `failed`, and the next round tries
 * again.
 */
export function repeat(ms: number, work: () => Promise<void>, failed: string, { time, logger, signal }: Background): void {
  void (async () => {
    for (;;) {
      await time.sleep(ms, signal);
      if (signal.aborted) return;
      try {
        await work();
      } catch (error) {
        logger.warn({ problem: error instanceof Error ? error.message : String(error) }, failed);
      }
    }
  })();
}
