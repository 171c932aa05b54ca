/** Collects the mistakes of a policy file with their places. */

export interface PolicyProblem {
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units. */
  readonly column: number;
  /** `tenants.acme.streams.marketing.deferral.suppress_after`; empty: the file. */
  readonly path: string;
  /** What is wrong, as a continuation of the path: `must be a duration, not "3 days"`. */
  readonly problem: string;
  readonly hint?: string;
}

/** Mistakes that are listed; further ones are only counted, so that a broken generator does not flood the terminal. */
export const MOST_PROBLEMS = 500;

export interface Problems {
  add(offset: number, path: string, problem: string, hint?: string): void;
  placeOf(offset: number): { readonly line: number; readonly column: number };
  /** In the order of the file. */
  list(): readonly PolicyProblem[];
}

export function createProblems(text: string): Problems {
  const place = placesOf(text);
  const found: (PolicyProblem & { readonly offset: number })[] = [];
  let more = 0;
  return {
    placeOf: place,
    add(offset, path, problem, hint) {
      if (found.length >= MOST_PROBLEMS) {
        more += 1;
        return;
      }
      const at = { offset, ...place(offset), path, problem };
      found.push(hint === undefined ? at : { ...at, hint });
    },
    list() {
      const sorted = found.toSorted((a, b) => a.offset - b.offset).map(({ offset: _, ...problem }) => problem);
      const last = sorted.at(-1);
      if (more === 0 || last === undefined) return sorted;
      return [...sorted, { line: last.line, column: last.column, path: '', problem: `${more} more mistakes are not listed` }];
    },
  };
}

/** The known name that was probably meant: its edit distance is at most 2 or a third of its length. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  if (word.length > 64) return undefined;
  const plain = simplify(word);
  let best: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const candidate of known) {
    const distance = editDistance(plain, simplify(candidate));
    if (distance < least && distance <= Math.max(2, Math.floor(candidate.length / 3))) {
      best = candidate;
      least = distance;
    }
  }
  return best;
}

/** Line and column from 1, for any offset in the text. The parser's own counter knows only what the parser has read. */
function placesOf(text: string): (offset: number) => { readonly line: number; readonly column: number } {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    const within = Math.min(Math.max(offset, 0), text.length);
    const line = starts.findLastIndex((start) => start <= within);
    return { line: line + 1, column: within - (starts[line] as number) + 1 };
  };
}

/** `persistentAfter`, `persistent-after` and `persistent_after` become the same word. */
function simplify(word: string): string {
  return word.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
}

/** Levenshtein distance, with one row in memory. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, change));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
