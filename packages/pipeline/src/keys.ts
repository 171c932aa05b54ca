/**
 * Keys (`tenant/address`) by hash: nearly all records are of recipients that nobody has anything against, and for them not
 * even the text of the key is made. A hash says "surely not" or "perhaps"; the text decides.
 */

const OFFSET_BASIS = 0x811c9dc5 | 0;
const PRIME = 0x01000193;

/** FNV-1a (RFC 9923) of a key's bytes, 32 bits, never 0. */
export function hashOfKey(key: Uint8Array): number {
  const hash = hashOn(OFFSET_BASIS, key, 0, key.length);
  return hash === 0 ? 1 : hash;
}

/** Goes on from a hash with the bytes from here to there. */
export function hashOn(from: number, bytes: Uint8Array, start: number, end: number): number {
  let hash = from;
  for (let i = start; i < end; i += 1) hash = Math.imul(hash ^ (bytes[i] as number), PRIME);
  return hash;
}

/** The same of a key as text. Agrees with `hashOfKey` for ASCII, which is all that is ever peeked at. */
export function hashOfText(key: string, from = OFFSET_BASIS): number {
  let hash = from;
  for (let i = 0; i < key.length; i += 1) hash = Math.imul(hash ^ (key.charCodeAt(i) & 0xff), PRIME);
  return hash === 0 ? 1 : hash;
}

/** Are these all of the bytes from here to there? */
export function isAt(wanted: Uint8Array, bytes: Uint8Array, from: number, to: number): boolean {
  if (to - from !== wanted.length) return false;
  for (let i = 0; i < wanted.length; i += 1) if (bytes[from + i] !== wanted[i]) return false;
  return true;
}

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
