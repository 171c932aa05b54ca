/** The progress of an import, kept in a file beside the list, so that the same command continues after an interruption. */
import { createHash } from 'node:crypto';
import { closeSync, existsSync, openSync, readFileSync, readSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { CommandError, EXIT } from './exit.ts';
import type { ListRow } from './import-formats.ts';
import { warn } from './terminal.ts';

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
  readonly kinds: Record<ListRow['kind'], number>;
}

export interface Progress {
  readonly file: string;
  rows: number;
  readonly startedAt: number;
  counts: ImportCounts;
}

export function openProgress(file: string, path: string, { dryRun }: { readonly dryRun: boolean }): Progress {
  const name = file === '-' ? '-' : fingerprint(file);
  if (file !== '-' && !dryRun && existsSync(path)) {
    const kept = JSON.parse(readFileSync(path, 'utf8')) as Progress;
    if (kept.file === name) {
      warn(`continues after row ${kept.rows}, as ${path} says`);
      // What an earlier version did not count is counted from here on.
      return { ...kept, counts: { ...noCounts(), ...kept.counts } };
    }
    throw new CommandError(EXIT.usage, `${path} belongs to another file: remove it, or give another one with --progress`);
  }
  return { file: name, rows: 0, startedAt: Date.now(), counts: noCounts() };
}

function noCounts(): ImportCounts {
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

/** Different names that are counted apart. */
const NAMES = 50;

/** Counts one more of this name; beyond `NAMES` of them, as `rest`. Names come from the list: `constructor` is one like any other. */
export function tally(counts: Record<string, number>, name: string, rest: string): void {
  const counted = Object.hasOwn(counts, name) || Object.keys(counts).length < NAMES ? name : rest;
  counts[counted] = (Object.hasOwn(counts, counted) ? (counts[counted] ?? 0) : 0) + 1;
}

/** Writes a new file and renames it: an interruption leaves the progress as it was. What somebody put in its place is not written to. */
export function saveProgress(path: string, progress: Progress): void {
  const beside = `${path}.${process.pid}.new`;
  rmSync(beside, { force: true });
  writeFileSync(beside, JSON.stringify(progress), { flag: 'wx', mode: 0o600 });
  renameSync(beside, path);
}

/** A hash of the file's size and its first 64 KiB, which distinguishes it from other files. */
function fingerprint(file: string): string {
  let size: number;
  const head = Buffer.alloc(65_536);
  try {
    size = statSync(file).size;
    const opened = openSync(file, 'r');
    readSync(opened, head);
    closeSync(opened);
  } catch {
    throw new CommandError(EXIT.missing, `${file}: cannot be read`);
  }
  return createHash('sha256').update(String(size)).update(head).digest('base64url').slice(0, 22);
}
