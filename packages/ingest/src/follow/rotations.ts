/** Lists the files of one log, oldest first: a file with its rotations, or the segments of a folder. */
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { missing } from './log-file.ts';

export interface FileEntry {
  readonly path: string;
  readonly name: string;
  readonly inode: number;
  readonly size: number;
  /** ms */
  readonly modifiedAt: number;
  /** No write permission: KumoMTA marks complete segments like this. */
  readonly readOnly: boolean;
}

const COUNTED = /^\.(\d{1,5})$/;
const DATED = /^[-.](?:\d{8}|\d{4}-\d\d-\d\d)(?:[-.T_]?\d{1,10})*$/;

/** `mail.log.2`, `mail.log.1`, `mail.log`; or `mail.log-20260301`, `mail.log`. Compressed rotations are left out. */
export async function rotations(path: string): Promise<readonly FileEntry[]> {
  const base = basename(path);
  const entries = await entriesOf(dirname(path), (name) => name === base || isRotation(name, base));
  return entries.toSorted((a, b) => byAge(a.name.slice(base.length), b.name.slice(base.length)));
}

function isRotation(name: string, base: string): boolean {
  if (!name.startsWith(base)) return false;
  const suffix = name.slice(base.length);
  return COUNTED.test(suffix) || DATED.test(suffix);
}

/** Order by suffix: dates ascend, counters descend, no suffix is the newest. */
function byAge(a: string, b: string): number {
  const rank = (suffix: string): number => (suffix === '' ? 2 : COUNTED.test(suffix) ? 1 : 0);
  if (rank(a) !== rank(b)) return rank(a) - rank(b);
  if (rank(a) === 1) return Number(b.slice(1)) - Number(a.slice(1));
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The files of a folder by name, without hidden and temporary ones. */
export async function segments(folder: string): Promise<readonly FileEntry[]> {
  const entries = await entriesOf(folder, (name) => !name.startsWith('.') && !/\.tmp$/.test(name));
  return entries.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** Lists the folder until two listings agree: during a rotation a file may be missing or listed twice. */
async function entriesOf(folder: string, wanted: (name: string) => boolean): Promise<readonly FileEntry[]> {
  let entries = await list(folder, wanted);
  for (let listing = 0; listing < MOST_LISTINGS; listing += 1) {
    const again = await list(folder, wanted);
    if (isSame(entries, again)) return again;
    entries = again;
  }
  return entries;
}

export const MOST_LISTINGS = 20;

function isSame(a: readonly FileEntry[], b: readonly FileEntry[]): boolean {
  return a.length === b.length && a.every(({ name, inode }, index) => b[index]?.name === name && b[index].inode === inode);
}

/** Nothing was renamed, copied, written or truncated between two listings. */
export function isStill(a: readonly FileEntry[], b: readonly FileEntry[]): boolean {
  return isSame(a, b) && a.every(({ size }, index) => b[index]?.size === size);
}

async function list(folder: string, wanted: (name: string) => boolean): Promise<readonly FileEntry[]> {
  const names = ((await readdir(folder).catch(missing)) ?? []).filter(wanted).sort();
  const entries = await Promise.all(names.map((name) => entryOf(join(folder, name), name)));
  return entries.filter((entry) => entry !== undefined);
}

export async function entryOf(path: string, name = basename(path)): Promise<FileEntry | undefined> {
  const found = await stat(path).catch(missing);
  if (found?.isFile() !== true) return undefined;
  const { ino, size, mtimeMs, mode } = found;
  return { path, name, inode: ino, size, modifiedAt: mtimeMs, readOnly: (mode & 0o222) === 0 };
}
