/** Determines the next file to read after a rotation, a truncation or a restart. */
import { basename } from 'node:path';
import { ForwardError } from '../forward.ts';
import type { FileEntry } from './rotations.ts';
import { isStill, entryOf, MOST_LISTINGS, rotations, segments } from './rotations.ts';
import type { FollowState } from './state.ts';
import type { Fingerprint, LogFile } from './log-file.ts';
import { compressionOf, matches, NO_FINGERPRINT, openCompressed, openPlain } from './log-file.ts';

/** A file with the byte at which reading continues. */
export interface Opened {
  readonly file: LogFile;
  readonly position: number;
  /** Description of lost content: a part that was not read yet no longer exists; null: nothing is lost. */
  readonly gap: string | null;
}

export interface FileSequence {
  /** Where to continue after the last saved state. Undefined: there is nothing to read yet; call again. @throws ForwardError */
  resume(state: FollowState | undefined, from: 'start' | 'end'): Promise<Opened | undefined>;
  /** The file after this one, which was read to its end. Undefined: there is none yet; this one may still grow. */
  next(file: LogFile): Promise<FileEntry | undefined>;
  /** Opens the file that `next` returned; the one before counts as read. Undefined: it no longer exists; call `next` again. */
  enter(entry: FileEntry, before: LogFile): Promise<LogFile | undefined>;
  /** For a file that was truncated or overwritten: where the rest of the old content is, or what to read instead. */
  moved(file: LogFile, position: number): Promise<Opened | undefined>;
  /** For a file of which nothing was read yet: an unread rotation that was copied from it meanwhile. */
  missed(file: LogFile): Promise<FileEntry | undefined>;
  /** Inodes of the rotations that have been read or are being read. */
  known(): readonly number[];
  /** Names of a folder's segments that have been read. */
  done(): readonly string[];
}

// ------------------------------------------------------------------------------------------------ a file and its rotations

export function rotatedFile(path: string): FileSequence {
  const base = basename(path);
  let known = new Set<number>();

  async function find(
    files: readonly FileEntry[],
    inode: number,
    fingerprint: Fingerprint,
    position: number,
  ): Promise<FileEntry | undefined> {
    const same: FileEntry[] = [];
    for (const entry of files) if (entry.size >= position && (await matches(entry.path, fingerprint))) same.push(entry);
    // Without a fingerprint every file matches, so only the inode decides.
    return same.find((entry) => entry.inode === inode) ?? (fingerprint.bytes > 0 ? same.at(-1) : undefined);
  }

  /** Files that were never read, oldest first: new rotations, and the file itself. */
  function unread(files: readonly FileEntry[]): readonly FileEntry[] {
    return files.filter(({ name, inode }) => name === base || !known.has(inode));
  }

  /** Undefined: the path names another file by now. `known` keeps only inodes that still exist, because inode numbers are reused. */
  async function openAt(entry: FileEntry, position: number, fingerprint: Fingerprint, gap: string | null): Promise<Opened | undefined> {
    if (position === 0) await refuseCompressed(entry.path);
    const existing = new Set((await rotations(path)).map(({ inode }) => inode));
    const file = await openPlain(entry, position, fingerprint);
    if (file === undefined) return undefined;
    known = new Set([...known].filter((inode) => existing.has(inode)).concat(entry.inode));
    return { file, position, gap };
  }

  async function search(inode: number, fingerprint: Fingerprint, position: number): Promise<Opened | undefined> {
    let files = await rotations(path);
    for (let listing = 0; ; listing += 1) {
      const entry = await find(files, inode, fingerprint, position);
      if (entry !== undefined) return openAt(entry, position, fingerprint, null);
      // Files are opened by name, and the file may have been renamed in between.
      const again = await rotations(path);
      if (isStill(files, again)) break;
      if (listing === MOST_LISTINGS) return undefined;
      files = again;
    }
    const [first] = unread(files);
    if (first === undefined) return undefined;
    return openAt(first, 0, NO_FINGERPRINT, `the file that was read up to byte ${position} is gone or compressed`);
  }

  return {
    async resume(state, from) {
      const archive = await archived(path, state);
      if (archive !== undefined) return archive;
      if (state?.current != null) {
        known = new Set(state.known);
        const { inode, fingerprint, position } = state.current;
        return search(inode, fingerprint, position);
      }
      const entry = await entryOf(path);
      if (entry === undefined) return undefined;
      // Following starts with the current file: earlier rotations are not read.
      known = new Set((await rotations(path)).map(({ inode }) => inode));
      return openAt(entry, from === 'end' ? entry.size : 0, NO_FINGERPRINT, null);
    },
    async next({ entry }) {
      const files = await rotations(path);
      const at = files.findIndex(({ inode }) => inode === entry.inode);
      const later = at === -1 ? unread(files) : files.slice(at + 1);
      // As soon as a later file has content, the writer has switched to it.
      return later.some(({ size }) => size > 0) ? later[0] : undefined;
    },
    async enter(entry) {
      return (await openAt(entry, 0, NO_FINGERPRINT, null))?.file;
    },
    async moved(file, position) {
      // The same inode contains the new log, so only a copy can have the rest.
      return search(-1, file.fingerprint(), position);
    },
    async missed({ entry }) {
      const files = await rotations(path);
      const older = files.slice(
        0,
        Math.max(
          0,
          files.findIndex(({ inode }) => inode === entry.inode),
        ),
      );
      return older.find(({ inode }) => !known.has(inode));
    },
    known: () => [...known],
    done: () => [],
  };
}

/** A compressed log is complete: it is read once, and goes on where an earlier run stopped. */
async function archived(path: string, state: FollowState | undefined): Promise<Opened | undefined> {
  const compression = await compressionOf(path);
  const entry = compression === undefined ? undefined : await entryOf(path);
  if (compression === undefined || entry === undefined) return undefined;
  const position = state?.current?.inode === entry.inode ? state.current.position : 0;
  return { file: openCompressed(entry, position, compression), position, gap: null };
}

/** @throws ForwardError for a rotation that is compressed under a name that does not say so: its bytes would become dead letters */
async function refuseCompressed(path: string): Promise<void> {
  const compression = await compressionOf(path);
  if (compression === undefined) return;
  throw new ForwardError(`--follow: ${path} is compressed (${compression}). Decompress it first, or follow it by its own name`);
}

// --------------------------------------------------------------------------------------------------- a folder of segments

/** ms. If a segment ends inside a frame, was not written for this time, and a later one exists, its writer has died. */
const DEAD_AFTER = 5 * 60_000;

export function segmentFolder(folder: string, now: () => number): FileSequence {
  let done = new Set<string>();

  async function openAny(entry: FileEntry, position: number, fingerprint: Fingerprint): Promise<LogFile | undefined> {
    const compression = await compressionOf(entry.path);
    return compression === undefined ? openPlain(entry, position, fingerprint) : openCompressed(entry, position, compression);
  }

  async function listUnread(): Promise<readonly FileEntry[]> {
    const all = await segments(folder);
    const names = new Set(all.flatMap(({ name }) => [name, uncompressedName(name)]));
    done = new Set([...done].filter((name) => names.has(name)));
    // A segment that was read and compressed since was read. While it is being compressed, the file itself is the whole one.
    return all.filter(({ name }) => {
      const plain = uncompressedName(name);
      return !done.has(name) && !done.has(plain) && (plain === name || !all.some((other) => other.name === plain));
    });
  }

  async function isFinished(file: LogFile, own: FileEntry, others: readonly FileEntry[]): Promise<boolean> {
    if (file.complete() || own.readOnly) return true;
    // A writer has only the last segment open.
    const later = others.some(({ name }) => name > own.name);
    return later && (!(await isCompressed(own.path)) || now() - own.modifiedAt > DEAD_AFTER);
  }

  return {
    async resume(state, from) {
      done = new Set(state?.done);
      const left = await listUnread();
      const current = state?.current ?? null;
      const entry =
        current === null ? undefined : left.find(({ name }) => name === current.name || uncompressedName(name) === current.name);
      if (entry !== undefined && current !== null) {
        const same =
          (await isCompressed(entry.path)) || (entry.size >= current.position && (await matches(entry.path, current.fingerprint)));
        return opened(
          await openAny(entry, same ? current.position : 0, same ? current.fingerprint : NO_FINGERPRINT),
          same ? current.position : 0,
        );
      }
      if (from === 'end' && state === undefined) for (const { name } of left.slice(0, -1)) done.add(name);
      const first = from === 'end' && state === undefined ? left.at(-1) : left[0];
      return first === undefined ? undefined : opened(await openAny(first, 0, NO_FINGERPRINT), 0);
    },
    async next(file) {
      const left = await listUnread();
      const own = left.find(({ name }) => name === file.entry.name);
      const others = left.filter((entry) => entry !== own);
      return own === undefined || (await isFinished(file, own, others)) ? others[0] : undefined;
    },
    async enter(entry, before) {
      const file = await openAny(entry, 0, NO_FINGERPRINT);
      if (file !== undefined) done.add(before.entry.name);
      return file;
    },
    async moved(file) {
      const entry = await entryOf(file.entry.path, file.entry.name);
      return entry === undefined ? undefined : opened(await openAny(entry, 0, NO_FINGERPRINT), 0);
    },
    missed: async () => undefined,
    known: () => [],
    done: () => [...done],
  };
}

async function isCompressed(path: string): Promise<boolean> {
  return (await compressionOf(path)) !== undefined;
}

/** The name before `gzip`, `bzip2` or `xz` changed it. */
function uncompressedName(name: string): string {
  return name.replace(/\.(?:gz|bz2|xz)$/, '');
}

function opened(file: LogFile | undefined, position: number): Opened | undefined {
  return file === undefined ? undefined : { file, position, gap: null };
}
