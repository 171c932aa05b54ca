/** Which file comes next: after a rotation, a truncation, a restart. */
import { basename } from 'node:path';
import type { Link } from './chain.ts';
import { isStill, linkOf, MOST_LOOKS, rotations, segments } from './chain.ts';
import type { FollowState } from './state.ts';
import type { Fingerprint, Tape } from './tape.ts';
import { isZstd, matches, NO_FINGERPRINT, openPlain, openZstd } from './tape.ts';

export interface Begun {
  readonly tape: Tape;
  readonly position: number;
  /** Something that was not read yet can not be found any more. */
  readonly gap: string | null;
}

export interface Walk {
  /** Where a follower goes on that stood at `state`; undefined: there is nothing to read yet, ask again. */
  resume(state: FollowState | undefined, from: 'start' | 'end'): Promise<Begun | undefined>;
  /** The file after `tape`, once its own end was seen; undefined: none yet, it may still grow. */
  next(tape: Tape): Promise<Link | undefined>;
  /** Opens what `next` has answered; the one before is read. Undefined: it is not there any more, look again. */
  enter(link: Link, before: Tape): Promise<Tape | undefined>;
  /** The tape's file holds another log now: where its rest is, or what is to be read instead. */
  moved(tape: Tape, position: number): Promise<Begun | undefined>;
  /** Of a file of which nothing was read yet: a log that was copied away from it meanwhile, unread. */
  missed(tape: Tape): Promise<Link | undefined>;
  known(): readonly number[];
  done(): readonly string[];
}

// ------------------------------------------------------------------------------------------------ a file and its rotations

export function fileWalk(path: string): Walk {
  const base = basename(path);
  let known = new Set<number>();

  async function find(chain: readonly Link[], inode: number, fingerprint: Fingerprint, position: number): Promise<Link | undefined> {
    const same: Link[] = [];
    for (const link of chain) if (link.size >= position && (await matches(link.path, fingerprint))) same.push(link);
    // Without a fingerprint every file matches: then only the inode tells.
    return same.find((link) => link.inode === inode) ?? (fingerprint.bytes > 0 ? same.at(-1) : undefined);
  }

  /** What was never read, oldest first: rotations that came up meanwhile, and the file itself. */
  function unread(chain: readonly Link[]): readonly Link[] {
    return chain.filter(({ name, inode }) => name === base || !known.has(inode));
  }

  /** Undefined: the path is another file's by now. What is known are inodes that are there still: a number is given out again. */
  async function begin(link: Link, position: number, fingerprint: Fingerprint, gap: string | null): Promise<Begun | undefined> {
    const there = new Set((await rotations(path)).map(({ inode }) => inode));
    const tape = await openPlain(link, position, fingerprint);
    if (tape === undefined) return undefined;
    known = new Set([...known].filter((inode) => there.has(inode)).concat(link.inode));
    return { tape, position, gap };
  }

  async function search(inode: number, fingerprint: Fingerprint, position: number): Promise<Begun | undefined> {
    let chain = await rotations(path);
    for (let look = 0; ; look += 1) {
      const link = await find(chain, inode, fingerprint, position);
      if (link !== undefined) return begin(link, position, fingerprint, null);
      // Files are looked into by their names: it may have been given another one in between.
      const again = await rotations(path);
      if (isStill(chain, again)) break;
      if (look === MOST_LOOKS) return undefined;
      chain = again;
    }
    const [first] = unread(chain);
    if (first === undefined) return undefined;
    return begin(first, 0, NO_FINGERPRINT, `the file that was read up to byte ${position} is gone or compressed`);
  }

  return {
    async resume(state, from) {
      if (state?.current != null) {
        known = new Set(state.known);
        const { inode, fingerprint, position } = state.current;
        return search(inode, fingerprint, position);
      }
      const link = await linkOf(path);
      if (link === undefined) return undefined;
      // A log is followed from its file on: what was rotated away before is not read.
      known = new Set((await rotations(path)).map(({ inode }) => inode));
      return begin(link, from === 'end' ? link.size : 0, NO_FINGERPRINT, null);
    },
    async next({ link }) {
      const chain = await rotations(path);
      const at = chain.findIndex(({ inode }) => inode === link.inode);
      const later = at === -1 ? unread(chain) : chain.slice(at + 1);
      // Whoever writes has gone over to a later file as soon as one has something in it.
      return later.some(({ size }) => size > 0) ? later[0] : undefined;
    },
    async enter(link) {
      return (await begin(link, 0, NO_FINGERPRINT, null))?.tape;
    },
    async moved(tape, position) {
      // Its own inode is the new log: only a copy can have the rest.
      return search(-1, tape.fingerprint(), position);
    },
    async missed({ link }) {
      const chain = await rotations(path);
      const older = chain.slice(
        0,
        Math.max(
          0,
          chain.findIndex(({ inode }) => inode === link.inode),
        ),
      );
      return older.find(({ inode }) => !known.has(inode));
    },
    known: () => [...known],
    done: () => [],
  };
}

// --------------------------------------------------------------------------------------------------- a folder of segments

/** ms. A segment cut off in a frame, not written to for so long while a later one is there: its writer died. */
const DEAD_AFTER = 5 * 60_000;

export function folderWalk(folder: string, now: () => number): Walk {
  let done = new Set<string>();

  async function openAny(link: Link, position: number, fingerprint: Fingerprint): Promise<Tape | undefined> {
    return (await isZstd(link.path)) ? openZstd(link, position) : openPlain(link, position, fingerprint);
  }

  async function forget(): Promise<readonly Link[]> {
    const all = await segments(folder);
    const names = new Set(all.map(({ name }) => name));
    done = new Set([...done].filter((name) => names.has(name)));
    return all.filter(({ name }) => !done.has(name));
  }

  async function isFinished(tape: Tape, own: Link, others: readonly Link[]): Promise<boolean> {
    if (tape.complete() || own.readOnly) return true;
    // A writer has one segment open: the last one.
    const later = others.some(({ name }) => name > own.name);
    return later && (!(await isZstd(own.path)) || now() - own.modifiedAt > DEAD_AFTER);
  }

  return {
    async resume(state, from) {
      done = new Set(state?.done);
      const left = await forget();
      const current = state?.current ?? null;
      const link = current === null ? undefined : left.find(({ name }) => name === current.name);
      if (link !== undefined && current !== null) {
        const same = (await isZstd(link.path)) || (link.size >= current.position && (await matches(link.path, current.fingerprint)));
        return begun(
          await openAny(link, same ? current.position : 0, same ? current.fingerprint : NO_FINGERPRINT),
          same ? current.position : 0,
        );
      }
      if (from === 'end' && state === undefined) for (const { name } of left.slice(0, -1)) done.add(name);
      const first = from === 'end' && state === undefined ? left.at(-1) : left[0];
      return first === undefined ? undefined : begun(await openAny(first, 0, NO_FINGERPRINT), 0);
    },
    async next(tape) {
      const left = await forget();
      const own = left.find(({ name }) => name === tape.link.name);
      const others = left.filter((link) => link !== own);
      return own === undefined || (await isFinished(tape, own, others)) ? others[0] : undefined;
    },
    async enter(link, before) {
      const tape = await openAny(link, 0, NO_FINGERPRINT);
      if (tape !== undefined) done.add(before.link.name);
      return tape;
    },
    async moved(tape) {
      const link = await linkOf(tape.link.path, tape.link.name);
      return link === undefined ? undefined : begun(await openAny(link, 0, NO_FINGERPRINT), 0);
    },
    missed: async () => undefined,
    known: () => [],
    done: () => [...done],
  };
}

function begun(tape: Tape | undefined, position: number): Begun | undefined {
  return tape === undefined ? undefined : { tape, position, gap: null };
}
