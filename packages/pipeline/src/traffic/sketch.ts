/**
 * Counts distinct values by 32-bit hashes: exact up to `LIMIT`, an estimate beyond. It uses adaptive sampling (Wegman;
 * Flajolet 1990): only hashes whose low `level` bits are zero are kept, and each stands for 2^level. The content depends on the set of
 * hashes alone, not on order or repetition.
 */
export const LIMIT = 512;
const SMALLEST = 8;
/** Shared by all empty sketches: at most providers nothing fails. */
const NONE = new Int32Array(0);

export class Sketch {
  private table = NONE;
  private size = 0;
  private mask = 0;
  private hasZero = false;

  /** True when the hash was added; false when it was there already or is not sampled. */
  add(hash: number): boolean {
    if ((hash & this.mask) !== 0) return false;
    if (!this.insert(hash)) return false;
    if (this.size <= LIMIT) return true;
    while (this.size > LIMIT) this.raiseLevel();
    return (hash & this.mask) === 0;
  }

  count(): number {
    return this.size * (this.mask + 1);
  }

  hashes(): readonly number[] {
    const kept = [...this.table].filter((hash) => hash !== 0);
    return this.hasZero ? [0, ...kept] : kept;
  }

  private insert(hash: number): boolean {
    if (this.table === NONE) this.table = new Int32Array(SMALLEST);
    if (hash === 0) {
      if (this.hasZero) return false;
      this.hasZero = true;
    } else {
      const { table } = this;
      const last = table.length - 1;
      let at = (hash ^ (hash >>> 16)) & last;
      for (let known = table[at]; known !== 0; known = table[at]) {
        if (known === hash) return false;
        at = (at + 1) & last;
      }
      table[at] = hash;
    }
    this.size += 1;
    if (this.size * 2 > this.table.length) this.rebuild(this.table.length * 2);
    return true;
  }

  private raiseLevel(): void {
    this.mask = this.mask * 2 + 1;
    this.rebuild(this.table.length);
  }

  private rebuild(capacity: number): void {
    const { table } = this;
    this.table = new Int32Array(capacity);
    this.size = this.hasZero ? 1 : 0;
    for (const hash of table) if (hash !== 0 && (hash & this.mask) === 0) this.insert(hash);
  }
}

/** Spreads a hash over all of its bits (the finaliser of MurmurHash3), because the low bits of FNV are uneven. */
export function spread(hash: number): number {
  let h = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
