import type { Signal, Time } from '@desist/pipeline';

/** Wakes the readers of this process when an input partition has grown, so that they do not wait for their next poll. */
export interface Wakeups {
  /** Number of times the partition has grown. Read it before the table, so that no growth is missed. */
  count(partition: number): number;
  grown(partitions: Iterable<number>): void;
  /** Resolves after `ms`, when the signal aborts, or when the count differs from `since`. */
  wait(partition: number, since: number, ms: number, signal: Signal): Promise<void>;
}

const known = new WeakMap<object, Wakeups>();

/** One instance per database handle, shared by all journals on it. */
export function wakeupsOf(db: object, time: Time): Wakeups {
  let found = known.get(db);
  if (found === undefined) known.set(db, (found = createWakeups(time)));
  return found;
}

function createWakeups(time: Time): Wakeups {
  const counts = new Map<number, number>();
  const waiting = new Map<number, Set<() => void>>();
  const count = (partition: number): number => counts.get(partition) ?? 0;
  return {
    count,
    grown(partitions) {
      for (const partition of partitions) {
        counts.set(partition, count(partition) + 1);
        for (const wake of waiting.get(partition) ?? []) wake();
      }
    },
    async wait(partition, since, ms, signal) {
      if (signal.aborted || count(partition) !== since) return;
      const nap = new AbortController();
      const wake = (): void => nap.abort();
      const others = waiting.get(partition) ?? new Set();
      waiting.set(partition, others.add(wake));
      signal.addEventListener('abort', wake, { once: true });
      try {
        await time.sleep(ms, nap.signal);
      } finally {
        others.delete(wake);
        signal.removeEventListener('abort', wake);
      }
    },
  };
}
