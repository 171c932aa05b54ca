/** The journal keeps what was folded for a while, for a replay; then it is deleted. Kafka does this by itself. */
import type { Logger, Time } from '@desist/pipeline';
import type { Backends } from './backends.ts';

/** 72 h of evidence, lateness and a long outage: as long as the topics are kept. */
const KEEP = 14 * 86_400_000;
const EVERY = 10 * 60_000;

export function keepPruned(options: {
  readonly backends: Backends;
  readonly time: Time;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}): void {
  const { backends, time, logger, signal } = options;
  const { journal, reader } = backends;
  if (journal === null) return;

  async function prune(log: NonNullable<typeof journal>): Promise<void> {
    const before = time.now() - KEEP;
    let deleted = 0;
    for (const { partition, nextOffset } of (await reader.status()).partitions) {
      deleted += await log.prune('deliveryEvents', partition, { below: nextOffset, before });
    }
    if (deleted > 0) logger.info({ deleted }, 'records that were folded long ago were deleted from the journal');
  }

  void (async () => {
    while (!signal.aborted) {
      await time.sleep(EVERY, signal);
      if (signal.aborted) return;
      await prune(journal).catch((error: unknown) => {
        logger.warn({ problem: error instanceof Error ? error.message : String(error) }, 'the journal was not pruned');
      });
    }
  })();
}
