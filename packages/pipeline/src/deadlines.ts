/** Deadlines of the recipients of one partition: a binary heap in which outdated entries are skipped when they come up. */
import { createKeyFilter, hashOfText } from './keys.ts';

interface Entry {
  readonly due: number;
  readonly key: string;
}

export interface Deadlines {
  /** Sets (or, with null, removes) the moment of a recipient that is tracked. */
  track(key: string, due: number | null): void;
  forget(key: string): void;
  isTracked(key: string): boolean;
  /** False: surely not tracked. `hash`: of the key (`hashOfKey`), which must be ASCII. */
  mayBeTracked(hash: number): boolean;
  /** Takes out up to `limit` recipients due at or before `clock`; they stay tracked, without a deadline. */
  takeDue(clock: number, limit: number): readonly string[];
  /** How many recipients are tracked. */
  size(): number;
}

/** Cells: 64 KiB per partition, enough for 8,192 recipients. */
const SMALLEST_FILTER = 1 << 16;

export function createDeadlines(): Deadlines {
  const current = new Map<string, number>();
  const heap: Entry[] = [];
  let filter = createKeyFilter(SMALLEST_FILTER);

  function enter(key: string): void {
    if (current.size * 8 < filter.cells) {
      filter.add(hashOfText(key));
      return;
    }
    filter = createKeyFilter(filter.cells * 4);
    for (const one of current.keys()) filter.add(hashOfText(one));
    filter.add(hashOfText(key));
  }

  function set(key: string, due: number | null): void {
    const moment = due ?? Number.POSITIVE_INFINITY;
    const known = current.get(key);
    if (known === moment) return;
    if (known === undefined) enter(key);
    current.set(key, moment);
    if (due !== null) push(heap, { due, key });
  }

  return {
    track: set,
    forget(key) {
      if (current.delete(key)) filter.remove(hashOfText(key));
    },
    isTracked: (key) => current.has(key),
    mayBeTracked: (hash) => filter.mayHold(hash),
    takeDue(clock, limit) {
      const keys: string[] = [];
      for (;;) {
        const top = heap[0];
        if (top === undefined || top.due > clock || keys.length >= limit) return keys;
        pop(heap);
        if (current.get(top.key) !== top.due) continue;
        current.set(top.key, Number.POSITIVE_INFINITY);
        keys.push(top.key);
      }
    },
    size: () => current.size,
  };
}

function push(heap: Entry[], entry: Entry): void {
  let child = heap.length;
  heap.push(entry);
  while (child > 0) {
    const parent = (child - 1) >>> 1;
    const above = heap[parent] as Entry;
    if (above.due <= entry.due) break;
    heap[child] = above;
    child = parent;
  }
  heap[child] = entry;
}

function pop(heap: Entry[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let hole = 0;
  for (;;) {
    let child = 2 * hole + 1;
    if (child >= heap.length) break;
    const right = heap[child + 1];
    if (right !== undefined && right.due < (heap[child] as Entry).due) child += 1;
    const below = heap[child] as Entry;
    if (last.due <= below.due) break;
    heap[hole] = below;
    hole = child;
  }
  heap[hole] = last;
}
