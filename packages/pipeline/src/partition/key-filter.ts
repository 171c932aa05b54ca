/** Which keys are surely not tracked, by their hashes: the text of a key is made only for those that perhaps are. */

/** How many keys fall into each of its cells. */
export interface KeyFilter {
  add(hash: number): void;
  /** Only what was added. */
  remove(hash: number): void;
  /** False: no key with this hash is in. */
  mayHold(hash: number): boolean;
  /** Cells; with more than an eighth as many keys it is time for a larger one. */
  readonly cells: number;
}

const FULL = 255;

/** `cells`: a power of two. A cell that has counted to 255 stays there: the answer is then "perhaps" for ever. */
export function createKeyFilter(cells: number): KeyFilter {
  const counts = new Uint8Array(cells);
  // FNV's low bits alone are uneven for keys that differ at their ends.
  const cellOf = (hash: number): number => (hash ^ (hash >>> 15)) & (cells - 1);
  return {
    cells,
    add(hash) {
      const cell = cellOf(hash);
      const count = counts[cell] as number;
      if (count < FULL) counts[cell] = count + 1;
    },
    remove(hash) {
      const cell = cellOf(hash);
      const count = counts[cell] as number;
      if (count > 0 && count < FULL) counts[cell] = count - 1;
    },
    mayHold: (hash) => counts[cellOf(hash)] !== 0,
  };
}
