/** Wordings that match no rule, with their frequency. Bounded, so that a flood of new wordings cannot fill the memory. */

export interface UnmatchedReplies {
  note(wording: string): void;
  /** Most frequent first. */
  top(most: number): readonly UnmatchedCount[];
}

export interface UnmatchedCount {
  readonly text: string;
  readonly count: number;
}

const WORDINGS = 1_000;

/** When it is full, the rarer half is dropped. A frequent wording stays, and its count is exact since it was added. */
export function createUnmatchedReplies(limit = WORDINGS): UnmatchedReplies {
  let counts = new Map<string, number>();

  function sorted(): [string, number][] {
    return [...counts].sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1));
  }

  return {
    note(wording) {
      const count = counts.get(wording);
      if (count === undefined && counts.size >= limit) counts = new Map(sorted().slice(0, Math.floor(limit / 2)));
      counts.set(wording, (count ?? 0) + 1);
    },
    top: (most) =>
      sorted()
        .slice(0, most)
        .map(([text, count]) => ({ text, count })),
  };
}
