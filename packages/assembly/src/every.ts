import type { Logger, Signal, Time } from '@desist/pipeline';

export interface Keeping {
  readonly time: Time;
  readonly logger: Logger;
  readonly signal: Signal;
}

/** Does it again and again until the signal aborts; a failure is said, as `waits`, and the next round tries anew. */
export function keepDoing(ms: number, work: () => Promise<void>, waits: string, { time, logger, signal }: Keeping): void {
  void (async () => {
    for (;;) {
      await time.sleep(ms, signal);
      if (signal.aborted) return;
      try {
        await work();
      } catch (error) {
        logger.warn({ problem: error instanceof Error ? error.message : String(error) }, waits);
      }
    }
  })();
}
