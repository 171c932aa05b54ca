/** A signal of our own: the pipeline uses nothing of its host. */
import type { Signal } from './ports.ts';

export interface Stop {
  readonly signal: Signal;
  /** Aborts the signal; later calls change nothing. */
  stop(): void;
}

export function createStop(): Stop {
  const listeners = new Set<() => void>();
  let aborted = false;
  return {
    signal: {
      get aborted() {
        return aborted;
      },
      addEventListener: (_type, listener) => void listeners.add(listener),
      removeEventListener: (_type, listener) => void listeners.delete(listener),
    },
    stop() {
      if (aborted) return;
      aborted = true;
      for (const listener of [...listeners]) listener();
      listeners.clear();
    },
  };
}
