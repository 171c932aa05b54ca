/**
 * A bound that tenants share: each may have as much as it needs up to a level that is the same for all, and one that needs less leaves the
 * rest to the others (max-min fairness). A tenant within `bound / tenants` is never touched, whatever the others do.
 */

/** The highest whole level at which all sizes, each cut to it, fit into the bound; infinite when they fit uncut. */
export function fairLevel(sizes: Iterable<number>, bound: number): number {
  const smallestFirst = [...sizes].sort((a, b) => a - b);
  let left = bound;
  for (const [index, size] of smallestFirst.entries()) {
    const level = Math.floor(left / (smallestFirst.length - index));
    if (size > level) return level;
    left -= size;
  }
  return Number.POSITIVE_INFINITY;
}
