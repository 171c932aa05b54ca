/**
 * Keeps a second process out of an embedded database: PGlite itself lets two destroy one folder. The lock is the operating system's
 * (SQLite's, on a file of its own), so it ends with its holder however that dies. Process ids and host names prove nothing: in a
 * container every start is process 1 of another host.
 */
import { readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StoreError } from '@desist/pipeline';

/** Nobody else may open this file in this process: closing any descriptor of it would drop a POSIX lock. */
const LOCK = 'lock.db';
/** Who holds the lock, for people. */
const HOLDER = 'lock';
const SQLITE_BUSY = 5;
const TRIES = 8;

/** @throws StoreError `incompatible` while another process holds the folder, or where locks cannot be trusted. */
export function lockFolder(folder: string): () => void {
  const network = networkMount(statfsSync(folder).type);
  if (network !== undefined) {
    throw new StoreError(
      'incompatible',
      `${folder} is on a network mount (${network}), where a lock does not keep other machines out: give a folder on a local disk with --data, or a server with DATABASE_URL`,
    );
  }
  const lock = acquire(folder);
  const path = join(folder, HOLDER);
  writeFileSync(path, JSON.stringify({ pid: process.pid, host: hostname(), since: new Date().toISOString() }));
  return () => {
    rmSync(path, { force: true });
    lock.close();
  };
}

/** Two that try in the same moment can both be refused: each then tries again, at a moment of its own, so that one of them wins. */
function acquire(folder: string): DatabaseSync {
  for (let tries = 1; ; tries += 1) {
    const lock = tryLock(folder);
    if (lock !== undefined) return lock;
    if (tries === TRIES) throw new StoreError('incompatible', inUse(folder));
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5 + Math.random() * 40);
  }
}

/** Undefined where another holds it. */
function tryLock(folder: string): DatabaseSync | undefined {
  let lock;
  try {
    lock = new DatabaseSync(join(folder, LOCK), { timeout: 0 });
    lock.exec('begin exclusive');
    return lock;
  } catch (error) {
    lock?.close();
    if ((error as { readonly errcode?: number }).errcode === SQLITE_BUSY) return undefined;
    throw new StoreError('incompatible', `${folder} could not be locked: ${(error as Error).message}`, { cause: error });
  }
}

function inUse(folder: string): string {
  const remedy = 'stop it, talk to it over HTTP, or give another folder with --data';
  try {
    const { pid, host, since } = JSON.parse(readFileSync(join(folder, HOLDER), 'utf8')) as Holder;
    return `${folder} is in use by process ${pid} on ${host} since ${since}: ${remedy}`;
  } catch {
    // It took the lock in this moment and has not said who it is.
    return `${folder} is in use by another process: ${remedy}`;
  }
}

interface Holder {
  readonly pid: number;
  readonly host: string;
  readonly since: string;
}

/** By the `f_type` of statfs(2), Linux. */
const NETWORK_MOUNTS: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB2'],
  [0x5346414f, 'AFS'],
  [0x00c36400, 'Ceph'],
]);

/** The kind of a network file system; undefined for all others. */
export function networkMount(type: number): string | undefined {
  // Where the field is a signed 32-bit number, the high bit makes it negative.
  return NETWORK_MOUNTS.get(type < 0 ? type + 2 ** 32 : type);
}
