import type { CodeCount } from '../ports/commit-plan.ts';

/** Each code once, the most frequent first; of equally frequent ones by their text. */
export function summedCodes(counts: Iterable<CodeCount>): readonly CodeCount[] {
  const sums = new Map<string, number>();
  for (const { code, count } of counts) sums.set(code, (sums.get(code) ?? 0) + count);
  return [...sums].map(([code, count]) => ({ code, count })).sort((a, b) => b.count - a.count || (a.code < b.code ? -1 : 1));
}
