/** A throw-away Postgres server from the binaries of this machine, and databases on it. */
import { execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chownSync, existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { openServer } from '@desist/store-postgres';
import { freePort } from '../free-port.ts';

const run = promisify(execFile);

export interface PostgresServer {
  /** Of the administrator's database `postgres`. */
  readonly url: string;
  /** Stops at once and starts again on the same port, as after a crash. */
  restart(): Promise<void>;
  /** Cuts all connections without a check point: recovery follows at the next start. */
  stopImmediate(): Promise<void>;
  start(): Promise<void>;
  /** Stops the server and removes its folder. */
  stop(): Promise<void>;
}

interface User {
  readonly uid: number;
  readonly gid: number;
}

/** Starts a server in a temporary folder on a free port of 127.0.0.1. Throws when no binaries are found. */
export async function startPostgres({ durable = false }: { readonly durable?: boolean } = {}): Promise<PostgresServer> {
  const bin = binaries();
  // Postgres refuses to run as root.
  const user = process.getuid?.() === 0 ? await userNamed('postgres') : undefined;
  const folder = await mkdtemp(join(tmpdir(), 'desist-postgres-'));
  if (user !== undefined) chownSync(folder, user.uid, user.gid);
  const data = join(folder, 'data');
  const options = { ...user, cwd: folder };
  await run(join(bin, 'initdb'), ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'], options);
  const port = await freePort();

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
    throw error;
  }
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    start,
    stopImmediate,
    async restart() {
      await stopImmediate();
      await start();
    },
    async stop() {
      if (existsSync(join(data, 'postmaster.pid'))) await stopImmediate();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export interface TestDatabase {
  readonly url: string;
  /** Drops it, whoever is still connected. */
  drop(): Promise<void>;
}

/** A new empty database of its own on the server of `adminUrl`. */
export async function createDatabase(adminUrl: string): Promise<TestDatabase> {
  const name = `desist_${randomUUID().replaceAll('-', '')}`;
  await asAdmin(adminUrl, `create database ${name}`);
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
