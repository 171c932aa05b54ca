/**
 * Deadlines of the recipients of one partition: a binary heap in which outdated entries are skipped when they come up. A deadline that
 * moves leaves its entry behind; when those outnumber the deadlines that hold, the heap is built anew, so it stays within a multiple
 * of what is tracked.
 */
import type { RecipientKey } from '@desist/domain';
import { hashOfText } from '../traffic/key-hash.ts';
import { createKeyFilter } from './key-filter.ts';

interface Entry {
  readonly due: number;
  readonly key: RecipientKey;
}

export interface Deadlines {
  /** Sets (or, with null, removes) the moment of a recipient that is tracked. */
  track(key: RecipientKey, due: number | null): void;
  untrack(key: RecipientKey): void;
  isTracked(key: RecipientKey): boolean;
  /** Is the recipient tracked, with a deadline at or before this moment? */
  isDue(key: RecipientKey, clock: number): boolean;
  /** False: surely not tracked. `hash`: of the key (`hashOfKey`), which must be ASCII. */
  mayBeTracked(hash: number): boolean;
  /** Takes out up to `limit` recipients due at or before `clock`; they stay tracked, without a deadline. */
  popDue(clock: number, limit: number): readonly RecipientKey[];
  /** How many recipients are tracked. */
  size(): number;
  /** Entries of the heap, outdated ones included: at most three for each recipient with a deadline, and a constant. */
  entries(): number;
}

/** Outdated entries for each deadline that holds. */
const OUTDATED = 2;
/** Below it, building the heap anew would come too often. */
const SMALLEST_HEAP = 1_024;

/** Cells: 64 KiB per partition, enough for 8,192 recipients. */
const SMALLEST_FILTER = 1 << 16;

export function createDeadlines(): Deadlines {
  const current = new Map<RecipientKey, number>();
  let heap: Entry[] = [];
  /** How many tracked recipients have a deadline: each has its entry in the heap. */
  let pending = 0;
  let filter = createKeyFilter(SMALLEST_FILTER);

  function enter(key: RecipientKey): void {
    if (current.size * 8 < filter.cells) {
      filter.add(hashOfText(key));
      return;
    }
    filter = createKeyFilter(filter.cells * 4);
    for (const one of current.keys()) filter.add(hashOfText(one));
    filter.add(hashOfText(key));
  }

  function set(key: RecipientKey, due: number | null): void {
    const moment = due ?? Number.POSITIVE_INFINITY;
    const known = current.get(key);
    if (known === moment) return;
    if (known === undefined) enter(key);
    else if (known !== Number.POSITIVE_INFINITY) pending -= 1;
    current.set(key, moment);
    if (due !== null) {
      pending += 1;
      push(heap, { due, key });
    }
    dropOutdated();
  }

  function dropOutdated(): void {
    if (heap.length <= SMALLEST_HEAP + (1 + OUTDATED) * pending) return;
    heap = [];
    for (const [key, due] of current) if (due !== Number.POSITIVE_INFINITY) heap.push({ due, key });
    // Sorted, it is a heap.
    heap.sort((a, b) => a.due - b.due);
  }

  return {
    track: set,
    untrack(key) {
      const known = current.get(key);
      if (known === undefined) return;
      if (known !== Number.POSITIVE_INFINITY) pending -= 1;
      current.delete(key);
      filter.remove(hashOfText(key));
      dropOutdated();
    },
    isTracked: (key) => current.has(key),
    isDue: (key, clock) => (current.get(key) ?? Number.POSITIVE_INFINITY) <= clock,
    mayBeTracked: (hash) => filter.mayHold(hash),
    popDue(clock, limit) {
      const keys: RecipientKey[] = [];
      for (;;) {
        const top = heap[0];
        if (top === undefined || top.due > clock || keys.length >= limit) break;
        pop(heap);
        if (current.get(top.key) !== top.due) continue;
        current.set(top.key, Number.POSITIVE_INFINITY);
        pending -= 1;
        keys.push(top.key);
      }
      dropOutdated();
      return keys;
    },
    size: () => current.size,
    entries: () => heap.length,
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
