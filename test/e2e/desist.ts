/** The command as a user has it: processes, exit codes, what they print. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inject } from 'vitest';
import { programOf } from '../support/servers/programs.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export type Variables = Readonly<Record<string, string>>;

/** Runs one command to its end. Settings of whoever runs the tests are not handed on. */
export async function desist(args: readonly string[], env: Variables = {}, input = ''): Promise<Ran> {
  const { child, ended } = startCommand(args, env);
  child.stdin?.end(input);
  return ended;
}

/** The same, for who wants to interrupt it. */
export function startCommand(args: readonly string[], env: Variables): { readonly child: ChildProcess; readonly ended: Promise<Ran> } {
  const child = start(args, env);
  let out = '';
  let err = '';
  child.stdout?.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const ended = new Promise<Ran>((resolve) => child.once('close', (code) => resolve({ code, out, err })));
  return { child, ended };
}

export interface Service {
  readonly url: string;
  /** Everything it said so far, log lines and all. */
  said(): string;
  signal(name: NodeJS.Signals): void;
  /** SIGTERM (SIGKILL when `hard`), and its exit code. */
  stop(hard?: boolean): Promise<number | null>;
}

/**
 * Starts `desist start`, on a free port unless told otherwise, and waits until it works. Rejects with what it said when it ends before. A data
 * folder that is empty gets the database of this version, as after the first start, which takes several seconds of a processor: `firstStart`
 * leaves it empty.
 */
export async function startService(env: Variables, { firstStart = false, http = '127.0.0.1:0' } = {}): Promise<Service> {
  const data = env['DESIST_DATA'];
  if (!firstStart && data !== undefined && env['DATABASE_URL'] === undefined && !existsSync(join(data, 'postgres')))
    cpSync(inject('template').folder, data, { recursive: true });
  return running(start(['start', '--http', http], env), /Desist is running at (http:\S+)/);
}

/** The same of `desist query`, which speaks in log lines only. */
export async function startQuery(env: Variables): Promise<Service> {
  return running(start(['query'], { ...env, DESIST_HTTP: '127.0.0.1:0' }), /"listening":"(http:[^"]+)"/);
}

/** Starts `desist ingest` on a free port. */
export async function startIngest(env: Variables): Promise<Service> {
  return running(start(['ingest'], { ...env, DESIST_HTTP: '127.0.0.1:0' }), /"listening":"(http:[^"]+)"/);
}

async function running(child: ChildProcess, sign: RegExp): Promise<Service> {
  let said = '';
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const url = await new Promise<string>((resolve, reject) => {
    const hear = (chunk: Buffer): void => {
      said += chunk.toString();
      const match = sign.exec(said);
      if (match?.[1] !== undefined) resolve(match[1]);
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    void ended.then((code) => {
      reject(new Error(`ended with ${String(code)}: ${said}`));
    });
  });
  return {
    url,
    said: () => said,
    signal: (name) => void child.kill(name),
    stop(hard = false) {
      child.kill(hard ? 'SIGKILL' : 'SIGTERM');
      return ended;
    },
  };
}

function start(args: readonly string[], env: Variables): ChildProcess {
  // The program itself, as `bin/desist.js` chooses it, so that a signal reaches it.
  const [first, ...rest] = args;
  const service = first === 'start' ? 'standalone' : first === 'engine' || first === 'ingest' || first === 'query' ? first : undefined;
  const main = service === undefined ? [...programOf('cli'), ...args] : [...programOf(service), ...rest];
  return spawn(process.execPath, main, {
    cwd: ROOT,
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', DESIST_FROM_SOURCE: '1', ...env },
  });
}
