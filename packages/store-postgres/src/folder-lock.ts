/**
 * One process per data folder. PGlite lets two open the same folder without complaint, and then loses rows that it
 * acknowledged; so a lock file is taken first.
 *
 * The holder writes who it is and touches the file every two seconds. On the same host a holder is gone when its process
 * is (pid and start of the process: pids come again, above all in containers). From another host or container only the
 * file can be watched: nobody touched it for ten seconds, nobody holds it.
 */
import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, stat, unlink, utimes, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface LockHolder {
  readonly pid: number;
  readonly host: string;
  /** When it took the lock, ISO 8601. */
  readonly since: string;
  /** What tells this process from another with the same pid, where the system says so (Linux). */
  readonly start: string | null;
  readonly token: string;
}

export interface FolderLock {
  readonly path: string;
  release(): Promise<void>;
}

/** The folder is in use. The message names the holder. */
export class FolderLockedError extends Error {
  readonly holder: LockHolder | null;

  constructor(message: string, holder: LockHolder | null) {
    super(message);
    this.name = 'FolderLockedError';
    this.holder = holder;
  }
}

const TOUCH_EVERY = 2_000;
const SILENT_FOR = 10_000;
/** Tokens of the locks that this process holds itself. */
const ours = new Set<string>();

/**
 * Takes the lock of a folder (made if missing). Throws `FolderLockedError` when another process, or this one, has it.
 * `onLost` is told when the lock was taken from us, which happens only to a process that stood still for long.
 */
export async function lockFolder(folder: string, onLost: () => void, silentFor = SILENT_FOR): Promise<FolderLock> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, 'desist.lock');
  const me: LockHolder = {
    pid: process.pid,
    host: hostname(),
    since: new Date().toISOString(),
    start: processStart(process.pid),
    token: randomUUID(),
  };
  for (let attempt = 0; attempt < 5; attempt += 1) {
    if (await create(path, me)) return hold(path, me, onLost);
    const before = await read(path);
    if (before === 'gone') continue;
    if (await isAlive(path, before, silentFor)) throw lockedError(folder, before);
    await discard(path, before);
  }
  throw new FolderLockedError(`the folder ${folder} is being opened by another process`, null);
}

/** Makes the file with its whole content at once, or not at all: nobody reads half a lock. */
async function create(path: string, me: LockHolder): Promise<boolean> {
  const draft = `${path}.${me.token}`;
  await writeFile(draft, JSON.stringify(me), { mode: 0o600 });
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await unlink(draft);
  }
}

/** Null: a file that is no lock of ours, or a damaged one. */
async function read(path: string): Promise<LockHolder | null | 'gone'> {
  try {
    const value = JSON.parse(await readFile(path, 'utf8')) as Partial<LockHolder> | null;
    return typeof value?.pid === 'number' && typeof value.token === 'string' ? (value as LockHolder) : null;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return 'gone';
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

async function isAlive(path: string, holder: LockHolder | null, silentFor: number): Promise<boolean> {
  if (holder !== null && holder.host === hostname()) {
    if (holder.pid === process.pid) return ours.has(holder.token);
    // A foreign pid may be of another container with the same host name; if it runs here, its start decides.
    const start = processStart(holder.pid);
    if (start !== null && holder.start !== null) return start === holder.start;
    return processExists(holder.pid);
  }
  const first = await touchedAt(path);
  for (let waited = 0; waited < silentFor; waited += 500) {
    await sleep(Math.min(500, silentFor));
    if ((await touchedAt(path)) !== first) return true;
  }
  return false;
}

async function touchedAt(path: string): Promise<number> {
  return await stat(path).then(
    (found) => found.mtimeMs,
    () => 0,
  );
}

/** Moves a dead holder's file away, and puts it back when meanwhile somebody else's stood there. */
async function discard(path: string, dead: LockHolder | null): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw error;
  }
  const moved = await read(aside);
  if (moved !== 'gone' && moved?.token !== dead?.token) await link(aside, path).catch(() => undefined);
  await unlink(aside);
}

function hold(path: string, me: LockHolder, onLost: () => void): FolderLock {
  ours.add(me.token);
  async function touch(): Promise<void> {
    const found = await read(path);
    if (found !== 'gone' && found?.token === me.token) {
      const now = new Date();
      await utimes(path, now, now);
      return;
    }
    clearInterval(timer);
    ours.delete(me.token);
    onLost();
  }
  const timer = setInterval(() => void touch().catch(() => undefined), TOUCH_EVERY);
  timer.unref();
  return {
    path,
    async release() {
      clearInterval(timer);
      if (!ours.delete(me.token)) return;
      const found = await read(path);
      if (found !== 'gone' && found?.token === me.token) await unlink(path).catch(() => undefined);
    },
  };
}

function lockedError(folder: string, holder: LockHolder | null): FolderLockedError {
  const who = holder === null ? 'another process' : `process ${holder.pid} on ${holder.host}, since ${holder.since}`;
  return new FolderLockedError(
    `the data folder ${folder} is in use by ${who}. Only one process may open it: talk to the running service over HTTP, or stop it first.`,
    holder,
  );
}

/** Boot and start tick of a process (Linux: proc(5), field 22); null where the system does not tell. */
function processStart(pid: number): string | null {
  try {
    const line = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const tick = line.slice(line.lastIndexOf(')') + 2).split(' ')[19];
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${tick ?? ''}`;
  } catch {
    return null;
  }
}

function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
