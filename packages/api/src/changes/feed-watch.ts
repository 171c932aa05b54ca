/**
 * Tells waiting streams that changes were published. One look at the database serves all streams of the process, and nobody looks while
 * there are none.
 */
import type { ChangeFeed, FeedPosition, Logger } from '@desist/pipeline';

export interface FeedWatch {
  /** Resolves when changes are behind this position, after `patience` ms, or when the signal aborts. Never rejects. */
  wait(behind: FeedPosition, patience: number, signal: AbortSignal): Promise<void>;
}

interface Waiting {
  readonly behind: FeedPosition;
  readonly wake: () => void;
}

/** `interval`: ms between two looks. */
export function createFeedWatch(feed: Pick<ChangeFeed, 'ends'>, logger: Pick<Logger, 'warn'>, interval: number): FeedWatch {
  const waiting = new Set<Waiting>();
  let timer: NodeJS.Timeout | undefined;

  async function look(): Promise<void> {
    try {
      const ends = await feed.ends();
      for (const one of waiting) if (ends.some((end, partition) => end > (one.behind[partition] ?? 0))) one.wake();
    } catch (error) {
      logger.warn({ error: (error as Error).name }, 'the feed of changes could not be looked at: streams wait');
    }
    timer = waiting.size === 0 ? undefined : setTimeout(() => void look(), interval);
  }

  return {
    wait(behind, patience, signal) {
      if (signal.aborted) return Promise.resolve();
      const { promise, resolve } = Promise.withResolvers<undefined>();
      const end = (): void => {
        waiting.delete(one);
        clearTimeout(patient);
        signal.removeEventListener('abort', end);
        resolve(undefined);
      };
      const one: Waiting = { behind, wake: end };
      const patient = setTimeout(end, patience);
      signal.addEventListener('abort', end);
      waiting.add(one);
      timer ??= setTimeout(() => void look(), interval);
      return promise;
    },
  };
}
