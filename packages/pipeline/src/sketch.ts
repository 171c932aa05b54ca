/**
 * How many different ones there were, by 32-bit hashes: exact up to `LIMIT`, an estimate beyond (adaptive sampling: then only
 * hashes whose low `level` bits are zero are kept, and each stands for 2^level). What it holds follows from the set alone, not
 * from order or repetition.
 */
export const LIMIT = 512;
const SMALLEST = 8;
/** Shared by all that hold nothing: of most providers nothing fails. */
const NONE = new Int32Array(0);

export class Sketch {
  private slots = NONE;
  private held = 0;
  private mask = 0;
  private hasZero = false;

  /** True when it was not held before, and is now. */
  add(hash: number): boolean {
    if ((hash & this.mask) !== 0) return false;
    if (!this.insert(hash)) return false;
    if (this.held <= LIMIT) return true;
    while (this.held > LIMIT) this.thin();
    return (hash & this.mask) === 0;
  }

  count(): number {
    return this.held * (this.mask + 1);
  }

  hashes(): readonly number[] {
    const kept = [...this.slots].filter((hash) => hash !== 0);
    return this.hasZero ? [0, ...kept] : kept;
  }

  private insert(hash: number): boolean {
    if (this.slots === NONE) this.slots = new Int32Array(SMALLEST);
    if (hash === 0) {
      if (this.hasZero) return false;
      this.hasZero = true;
    } else {
      const { slots } = this;
      const last = slots.length - 1;
      let at = (hash ^ (hash >>> 16)) & last;
      for (let known = slots[at]; known !== 0; known = slots[at]) {
        if (known === hash) return false;
        at = (at + 1) & last;
      }
      slots[at] = hash;
    }
    this.held += 1;
    if (this.held * 2 > this.slots.length) this.rebuild(this.slots.length * 2);
    return true;
  }

  private thin(): void {
    this.mask = this.mask * 2 + 1;
    this.rebuild(this.slots.length);
  }

  private rebuild(size: number): void {
    const { slots } = this;
    this.slots = new Int32Array(size);
    this.held = this.hasZero ? 1 : 0;
    for (const hash of slots) if (hash !== 0 && (hash & this.mask) === 0) this.insert(hash);
  }
}

/** Spreads a hash over all of its bits (the finaliser of MurmurHash3): FNV's low bits alone are uneven. */
export function spread(hash: number): number {
  let h = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
