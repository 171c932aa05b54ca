/**
 * Processes a signed request only once. A repeat, during the first request or later, gets the outcome of the first one.
 *
 *   unknown ──first──> pending ──stored──> stored ──expired──> unknown
 *                          └──not stored──> unknown: the request may be repeated
 */

/** Identifies a signature until `until` (ms). After that it is too old to be accepted anyway. */
export interface ReplayToken {
  readonly token: string;
  readonly until: number;
}

export interface ReplayGuard<T> {
  /**
   * For the first request with this token, runs `work` and returns its result. For a repeat, does not run `work`: returns the result
   * of the pending first request, or `stored` when that is done. Rejects if `work` rejects.
   */
  runOnce(token: ReplayToken, now: number, work: () => Promise<T>): Promise<T | 'stored'>;
  size(): number;
}

/** Tokens kept. Beyond that the oldest are dropped; the events of their repeats are recognised as duplicates by id. */
export const MOST_TOKENS = 250_000;

interface Entry<T> {
  readonly until: number;
  /** Undefined when the outcome is stored. */
  pending: Promise<T> | undefined;
}

export function createReplayGuard<T>(isStored: (outcome: T) => boolean, limit = MOST_TOKENS): ReplayGuard<T> {
  const entries = new Map<string, Entry<T>>();

  function evict(now: number): void {
    for (const [oldest, { until }] of entries) {
      if (until >= now && entries.size < limit) return;
      entries.delete(oldest);
    }
  }

  async function runFirst({ token, until }: ReplayToken, work: () => Promise<T>): Promise<T> {
    const entry: Entry<T> = { until, pending: work() };
    entries.set(token, entry);
    let stored = false;
    try {
      const outcome = await (entry.pending as Promise<T>);
      stored = isStored(outcome);
      return outcome;
    } finally {
      entry.pending = undefined;
      // The entry may have been evicted meanwhile, and the token added again.
      if (!stored && entries.get(token) === entry) entries.delete(token);
    }
  }

  return {
    async runOnce(token, now, work) {
      evict(now);
      const known = entries.get(token.token);
      return known === undefined ? runFirst(token, work) : (known.pending ?? 'stored');
    },
    size: () => entries.size,
  };
}
