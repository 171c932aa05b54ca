/** The files of one log, oldest first: a file with what was rotated away from it, or the segments of a folder. */
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { missing } from './tape.ts';

export interface Link {
  readonly path: string;
  readonly name: string;
  readonly inode: number;
  readonly size: number;
  /** ms */
  readonly modifiedAt: number;
  /** Nobody may write to it any more: KumoMTA's sign of a segment that is complete. */
  readonly readOnly: boolean;
}

const COUNTED = /^\.(\d{1,5})$/;
const DATED = /^[-.](?:\d{8}|\d{4}-\d\d-\d\d)(?:[-.T_]?\d{1,10})*$/;

/** `mail.log.2`, `mail.log.1`, `mail.log`; or `mail.log-20260301`, `mail.log`. Compressed ones are not in it. */
export async function rotations(path: string): Promise<readonly Link[]> {
  const base = basename(path);
  const links = await linksOf(dirname(path), (name) => name === base || isRotation(name, base));
  return links.toSorted((a, b) => byAge(a.name.slice(base.length), b.name.slice(base.length)));
}

function isRotation(name: string, base: string): boolean {
  if (!name.startsWith(base)) return false;
  const suffix = name.slice(base.length);
  return COUNTED.test(suffix) || DATED.test(suffix);
}

/** By suffix: dates ascend, counters descend, none is the newest. */
function byAge(a: string, b: string): number {
  const rank = (suffix: string): number => (suffix === '' ? 2 : COUNTED.test(suffix) ? 1 : 0);
  if (rank(a) !== rank(b)) return rank(a) - rank(b);
  if (rank(a) === 1) return Number(b.slice(1)) - Number(a.slice(1));
  return a < b ? -1 : a > b ? 1 : 0;
}

/** All files of a folder by name; hidden ones are somebody's tools. */
export async function segments(folder: string): Promise<readonly Link[]> {
  const links = await linksOf(folder, (name) => !name.startsWith('.') && !/\.(?:tmp|gz|bz2|xz)$/.test(name));
  return links.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** Looked at until two looks agree: in the middle of a rotation a file may stand nowhere, or twice. */
async function linksOf(folder: string, wanted: (name: string) => boolean): Promise<readonly Link[]> {
  let links = await lookAt(folder, wanted);
  for (let look = 0; look < MOST_LOOKS; look += 1) {
    const again = await lookAt(folder, wanted);
    if (isSame(links, again)) return again;
    links = again;
  }
  return links;
}

export const MOST_LOOKS = 20;

function isSame(a: readonly Link[], b: readonly Link[]): boolean {
  return a.length === b.length && a.every(({ name, inode }, index) => b[index]?.name === name && b[index].inode === inode);
}

/** Nothing was renamed, copied, written or truncated between two looks. */
export function isStill(a: readonly Link[], b: readonly Link[]): boolean {
  return isSame(a, b) && a.every(({ size }, index) => b[index]?.size === size);
}

async function lookAt(folder: string, wanted: (name: string) => boolean): Promise<readonly Link[]> {
  const names = ((await readdir(folder).catch(missing)) ?? []).filter(wanted).sort();
  const links = await Promise.all(names.map((name) => linkOf(join(folder, name), name)));
  return links.filter((link) => link !== undefined);
}

export async function linkOf(path: string, name = basename(path)): Promise<Link | undefined> {
  const found = await stat(path).catch(missing);
  if (found?.isFile() !== true) return undefined;
  const { ino, size, mtimeMs, mode } = found;
  return { path, name, inode: ino, size, modifiedAt: mtimeMs, readOnly: (mode & 0o222) === 0 };
}
