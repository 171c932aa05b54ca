/** What an import counts. */
import type { ImportedRow } from './record.ts';
import type { Usable } from './usable.ts';
import type { ImportKind } from './words.ts';

export interface ImportCounts {
  rows: number;
  readonly formats: Record<string, number>;
  /** Rows that are not suppressions. */
  notSuppressed: number;
  /** Why they are not, with how many of each. */
  readonly notSuppressedBecause: Record<string, number>;
  /** Rows with a time that could not be read; they count from now. */
  timesUnread: number;
  /** Rows that are suppressions, by scope: `*` and streams. */
  readonly scopes: Record<string, number>;
  unreadable: number;
  /** Rows whose address occurred before in this file. */
  repeated: number;
  /** Repeated rows with another reason; both are kept. */
  conflicting: number;
  /** Suppressed already. */
  known: number;
  fresh: number;
  /** Erased before and still blocked by the keyed hash; they are not imported, so that nothing readable returns. */
  forgotten: number;
  readonly kinds: Record<ImportKind, number>;
}

export function noCounts(): ImportCounts {
  return {
    rows: 0,
    formats: {},
    notSuppressed: 0,
    notSuppressedBecause: {},
    timesUnread: 0,
    scopes: {},
    unreadable: 0,
    repeated: 0,
    conflicting: 0,
    known: 0,
    fresh: 0,
    forgotten: 0,
    kinds: { bounce: 0, complaint: 0, unsubscribe: 0, other: 0 },
  };
}

/** Counts a row; `why`: what a row that is no suppression is counted under. */
export function countRow(counts: ImportCounts, usable: Usable, why = 'kept' in usable ? usable.kept : ''): void {
  counts.rows += 1;
  if ('kept' in usable) {
    counts.notSuppressed += 1;
    tally(counts.notSuppressedBecause, why, 'other');
  } else if ('problem' in usable) counts.unreadable += 1;
  else {
    tally(counts.formats, usable.format, 'others');
    counts.kinds[usable.row.kind] += 1;
    tally(counts.scopes, usable.row.scope, 'others');
    if (usable.row.timeless === true) counts.timesUnread += 1;
  }
}

/** `other`: with another reason or scope. */
export type Repeat = 'same' | 'other';

export function countRepeat(counts: ImportCounts, repeat: Repeat | undefined): void {
  if (repeat === undefined) return;
  counts.repeated += 1;
  if (repeat === 'other') counts.conflicting += 1;
}

/** Addresses that are remembered to detect repeats; repeats of later ones are not detected. */
const REMEMBERED = 5_000_000;

/** Says of each row whether its address occurred before. */
export function createRepeats(): (usable: ImportedRow) => Repeat | undefined {
  const seen = new Map<string, string>();
  return ({ row, address, tenant = '' }) => {
    const key = `${tenant}/${address}`;
    const what = `${row.kind} ${row.scope}`;
    const before = seen.get(key);
    if (before !== undefined) return before === what ? 'same' : 'other';
    if (seen.size < REMEMBERED) seen.set(key, what);
    return undefined;
  };
}

/** Different names that are counted apart. */
const NAMES = 50;

/** Counts one more of this name; beyond `NAMES` of them, as `rest`. Names come from the list: `constructor` is one like any other. */
export function tally(counts: Record<string, number>, name: string, rest: string): void {
  const counted = Object.hasOwn(counts, name) || Object.keys(counts).length < NAMES ? name : rest;
  counts[counted] = (Object.hasOwn(counts, counted) ? (counts[counted] ?? 0) : 0) + 1;
}
