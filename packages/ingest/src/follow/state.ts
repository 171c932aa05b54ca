/** The state file of a follower. It is replaced by renaming a new file, so that it is complete after any crash. */
import { createHash } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { Fingerprint } from './log-file.ts';

export interface FollowState {
  readonly version: 1;
  /** The followed path, for people. */
  readonly path: string;
  readonly current: { readonly name: string; readonly inode: number; readonly fingerprint: Fingerprint; readonly position: number } | null;
  /** Inodes of the rotations that have been read, and of the current file. */
  readonly known: readonly number[];
  /** Names of a folder's segments that have been read. */
  readonly done: readonly string[];
  /** State of the format's reader. */
  readonly reader: unknown;
}

export interface StateFile {
  readonly path: string;
  load(): Promise<FollowState | undefined>;
  /** Durable when resolved. */
  save(state: FollowState): Promise<void>;
}

/** The state file for this path and source. */
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
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const temporary = `${path}.new`;
      const file = await createNew(temporary);
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

/** Creates a new file and never opens an existing one, which could be a link to another file. A file left over from a crash is removed. */
async function createNew(path: string): Promise<FileHandle> {
  await rm(path, { force: true });
  return open(path, 'wx', 0o600);
}

function readState(text: string, path: string): FollowState {
  try {
    const state = JSON.parse(text) as FollowState;
    if (state.version === 1 && Array.isArray(state.known) && Array.isArray(state.done)) return state;
  } catch {
    // Reported below.
  }
  throw new Error(
    `${path}: is not a state file of this version; move it away to start again (repeated events are recognised as duplicates)`,
  );
}

/** Makes the rename itself durable. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
