/** Where a follower stands, in a file of its own: written beside it and renamed over it, so that it is whole after any crash. */
import { createHash } from 'node:crypto';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { Fingerprint } from './tape.ts';

export interface FollowState {
  readonly version: 1;
  /** What is followed, for people. */
  readonly path: string;
  readonly current: { readonly name: string; readonly inode: number; readonly fingerprint: Fingerprint; readonly position: number } | null;
  /** Inodes of a file's rotations that are read already, or the current one. */
  readonly known: readonly number[];
  /** Names of a folder's segments that are read already. */
  readonly done: readonly string[];
  /** Of the format's reader. */
  readonly reader: unknown;
}

export interface StateFile {
  readonly path: string;
  load(): Promise<FollowState | undefined>;
  /** On disk when resolved. */
  save(state: FollowState): Promise<void>;
}

/** One for each followed path and source. */
export function stateFile(folder: string, followed: string, source: string): StateFile {
  const name = createHash('sha256')
    .update(JSON.stringify([resolve(followed), source]))
    .digest('hex')
    .slice(0, 16);
  const path = join(folder, `follow-${basename(followed).replaceAll(/[^A-Za-z0-9._-]/g, '_')}-${name}.json`);
  return {
    path,
    async load() {
      let text: string;
      try {
        text = await readFile(path, 'utf8');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw error;
      }
      return readState(text, path);
    },
    async save(state) {
      await mkdir(folder, { recursive: true });
      const temporary = `${path}.new`;
      const file = await open(temporary, 'w', 0o600);
      try {
        await file.writeFile(JSON.stringify(state));
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, path);
      await syncFolder(dirname(path));
    },
  };
}

function readState(text: string, path: string): FollowState {
  try {
    const state = JSON.parse(text) as FollowState;
    if (state.version === 1 && Array.isArray(state.known) && Array.isArray(state.done)) return state;
  } catch {
    // Said below.
  }
  throw new Error(`${path}: is no state of a follower of this version; move it away to begin anew (events that come twice are one)`);
}

/** The rename itself must be on disk, too. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
