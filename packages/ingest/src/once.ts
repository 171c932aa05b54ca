/** Signatures that were seen, each until it would be too old anyway. Bounded: the oldest go first. */

export interface Once {
  /** False: it was seen before. */
  claim(token: string, until: number, now: number): boolean;
  /** What it came with was not stored: it may come again. */
  release(token: string): void;
  size(): number;
}

export const MOST_TOKENS = 250_000;

export function createOnce(limit = MOST_TOKENS): Once {
  const seen = new Map<string, number>();
  return {
    claim(token, until, now) {
      for (const [oldest, end] of seen) {
        if (end >= now && seen.size < limit) break;
        seen.delete(oldest);
      }
      if (seen.has(token)) return false;
      seen.set(token, until);
      return true;
    },
    release: (token) => void seen.delete(token),
    size: () => seen.size,
  };
}
