/** The progress of an import, kept in a file beside the list, so that the same command continues after an interruption. */
import { createHash } from 'node:crypto';
import { closeSync, existsSync, openSync, readFileSync, readSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { noCounts } from '@desist/formats/list';
import type { ImportCounts } from '@desist/formats/list';
import { CommandError, EXIT } from './exit.ts';
import { warn } from './terminal.ts';

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
