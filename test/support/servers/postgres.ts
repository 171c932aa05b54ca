/** A throw-away Postgres server from the binaries of this machine, and databases on it. */
import { execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chownSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { openServer } from '@desist/store-postgres';
import { freePort } from '../free-port.ts';
import { endsWithUs } from './ends-with-us.ts';

const run = promisify(execFile);

export interface PostgresServer {
  /** Of the administrator's database `postgres`. */
  readonly url: string;
  /** Of the process that has started all others, while the server runs. */
  pid(): number;
  /** Stops at once and starts again on the same port, as after a crash. */
  restart(): Promise<void>;
  /** Cuts all connections without a check point: recovery follows at the next start. */
  stopImmediate(): Promise<void>;
  start(): Promise<void>;
  /** A server that follows this one, without being waited for: until it is promoted it only reads. `folder`: see `startPostgres`. */
  standby(folder?: string): Promise<Standby>;
  /** Whether commits wait until a standby has them. */
  waitForStandby(on: boolean): Promise<void>;
  /** Stops the server and removes its folder. */
  stop(): Promise<void>;
}

export interface Standby extends PostgresServer {
  /** It takes no more of what the primary wrote, as if the network between them was cut. */
  fallBehind(): Promise<void>;
  /** It is a primary from now on, with what it has. */
  promote(): Promise<void>;
}

interface User {
  readonly uid: number;
  readonly gid: number;
}

interface PostgresOptions {
  readonly durable?: boolean;
  /** Where its own folder is made: a small disk, for instance. */
  readonly folder?: string;
}

/** Starts a server in a temporary folder on a free port of 127.0.0.1. Throws when no binaries are found. */
export async function startPostgres({ durable = false, folder = tmpdir() }: PostgresOptions = {}): Promise<PostgresServer> {
  return startServer({ durable, folder, fill: ['initdb', ['-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync']] });
}

/** Waits until nothing is received any more. */
const GONE =
  'do $$ begin while exists (select from pg_stat_wal_receiver) loop perform pg_sleep(0.02), pg_stat_clear_snapshot(); end loop; end $$';

/** Waits until a standby is waited for. */
const SYNCHRONOUS =
  "do $$ begin while not exists (select from pg_stat_replication where sync_state = 'sync') loop perform pg_sleep(0.02), pg_stat_clear_snapshot(); end loop; end $$";

interface Making extends Required<PostgresOptions> {
  /** The program that fills the data folder. */
  readonly fill: readonly [program: string, args: readonly string[]];
}

async function startServer({ durable, folder: parent, fill: [program, args] }: Making): Promise<Standby> {
  const bin = binaries();
  // Postgres refuses to run as root.
  const user = process.getuid?.() === 0 ? await userNamed('postgres') : undefined;
  const folder = await mkdtemp(join(parent, 'desist-postgres-'));
  if (user !== undefined) chownSync(folder, user.uid, user.gid);
  const data = join(folder, 'data');
  const ended = endsWithUs(() => {
    killPostmaster(data);
    removeAtOnce(folder);
  });
  const options = { ...user, cwd: folder };
  await run(join(bin, program), ['-D', data, ...args], options);
  const port = await freePort();
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;

  async function ctl(...args: string[]): Promise<void> {
    // Output to a file, not to a pipe: the server would inherit the pipe and keep it open.
    const child = spawn(join(bin, 'pg_ctl'), ['-D', data, '-w', '-t', '60', ...args], { ...options, stdio: 'ignore' });
    const code = await new Promise<number | null>((resolve, reject) => child.once('error', reject).once('exit', resolve));
    if (code !== 0) throw new Error(`pg_ctl ${args[0] ?? ''} failed (${String(code)}): see ${join(folder, 'log')}`);
  }
  const settings = [
    `-p ${port}`,
    `-k ${folder}`,
    '-c listen_addresses=127.0.0.1',
    '-c max_connections=200',
    '-c shared_buffers=128MB',
    // The machine does not fail in a test, only processes do; whoever measures wants the cost of durability.
    ...(durable ? [] : ['-c fsync=off']),
  ].join(' ');
  const start = (): Promise<void> => ctl('-l', join(folder, 'log'), '-o', settings, 'start');
  const stopImmediate = (): Promise<void> => ctl('-m', 'immediate', 'stop');

  try {
    await start();
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    ended();
    throw error;
  }
  return {
    url,
    pid: () => postmasterOf(data),
    start,
    stopImmediate,
    async restart() {
      await stopImmediate();
      await start();
    },
    standby: (where = tmpdir()) =>
      startServer({ durable, folder: where, fill: ['pg_basebackup', ['-d', url, '-R', '-X', 'stream', '-c', 'fast', '--no-sync']] }),
    async waitForStandby(on) {
      await asAdmin(url, `alter system set synchronous_standby_names = '${on ? '*' : ''}'`);
      await asAdmin(url, 'select pg_reload_conf()');
      if (on) await asAdmin(url, SYNCHRONOUS);
    },
    async fallBehind() {
      await asAdmin(url, "alter system set primary_conninfo = ''");
      await asAdmin(url, 'select pg_reload_conf()');
      await asAdmin(url, GONE);
    },
    promote: () => ctl('promote'),
    async stop() {
      if (existsSync(join(data, 'postmaster.pid'))) await stopImmediate();
      await rm(folder, { recursive: true, force: true });
      ended();
    },
  };
}

/** The first line of the file. */
function postmasterOf(data: string): number {
  return Number(readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')[0]);
}

/** Its immediate stop. The file goes when it has ended: at once, or never after 5 s. */
function killPostmaster(data: string): void {
  const file = join(data, 'postmaster.pid');
  if (!existsSync(file)) return;
  process.kill(postmasterOf(data), 'SIGQUIT');
  const nobody = new Int32Array(new SharedArrayBuffer(4));
  for (let waited = 0; existsSync(file) && waited < 5_000; waited += 20) Atomics.wait(nobody, 0, 0, 20);
}

/** What is just ending may still write. */
export function removeAtOnce(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
}

export interface TestDatabase {
  readonly url: string;
  /** Drops it, whoever is still connected. */
  drop(): Promise<void>;
}

/**
 * A new database of its own on the server of `adminUrl`. `template`: a database that nobody is connected to, of which this one is a copy;
 * default: it is empty.
 */
export async function createDatabase(adminUrl: string, template?: string): Promise<TestDatabase> {
  const name = `desist_${randomUUID().replaceAll('-', '')}`;
  await asAdmin(adminUrl, `create database ${name}${template === undefined ? '' : ` template ${template}`}`);
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => asAdmin(adminUrl, `drop database if exists ${name} with (force)`) };
}

async function asAdmin(url: string, statement: string): Promise<void> {
  const db = openServer({ url, connections: 1, applicationName: 'desist-tests', onIdleError: () => undefined });
  try {
    await db.query(statement);
  } finally {
    await db.close();
  }
}

function binaries(): string {
  const packaged = '/usr/lib/postgresql';
  const versions = existsSync(packaged) ? readdirSync(packaged).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [...versions.map((version) => join(packaged, version, 'bin')), ...(process.env['PATH'] ?? '').split(delimiter)];
  const found = folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'pg_ctl')));
  if (found === undefined) throw new Error('no Postgres server on this machine: install one, or set TEST_DATABASE_URL');
  return found;
}

async function userNamed(name: string): Promise<User> {
  const idOf = async (flag: string): Promise<number> => Number((await run('id', [flag, name])).stdout);
  return { uid: await idOf('-u'), gid: await idOf('-g') };
}
