/** For the examples: the `desist` command as a user has it, with a service that lives as long as the example runs. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const NODE = [process.execPath, '--conditions=source', '--disable-warning=ExperimentalWarning'];

export type Environment = Readonly<Record<string, string>>;

export interface Running {
  readonly url: string;
  /** A folder that goes away with the service. */
  readonly folder: string;
  stop(): Promise<void>;
}

/** `desist start` on a free port, in a database of its own unless DATABASE_URL is set. `options`: of Node itself. */
export async function startDesist(env: Environment, options: readonly string[] = []): Promise<Running> {
  const folder = await mkdtemp(join(tmpdir(), 'desist-example-'));
  const [node = '', ...flags] = NODE;
  const service = spawn(node, [...flags, ...options, join(ROOT, 'services/standalone/src/main.ts'), '--http', '127.0.0.1:0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, DESIST_DATA: join(folder, 'data'), DESIST_LOG_LEVEL: 'warn', ...env },
  });
  const ended = new Promise<void>((resolve) => service.once('exit', () => resolve()));
  const url = await new Promise<string>((resolve, reject) => {
    let said = '';
    service.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      const match = /at (http:\S+)/.exec(said);
      if (match?.[1] !== undefined) resolve(match[1]);
    });
    void ended.then(() => reject(new Error('the service ended')));
  });
  console.log(`Desist works at ${url}\n`);
  return {
    url,
    folder,
    async stop() {
      service.kill('SIGTERM');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Runs one command to its end, shows it with what it prints, and answers that. */
export async function desist(args: readonly string[], env: Environment = {}): Promise<string> {
  console.log(`$ desist ${args.join(' ')}`);
  const child = spawn(process.execPath, [join(ROOT, 'bin/desist.js'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, DESIST_FROM_SOURCE: '1', ...env },
  });
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  console.log(out);
  if (code === 2 || code === 3) throw new Error(`desist ${args[0] ?? ''} ended with ${code}`);
  return out;
}

/** Asks until the recipient is in this state. */
export async function untilState(url: string, recipient: string, state: string): Promise<void> {
  const deadline = Date.now() + 120_000;
  for (let seen = ''; seen !== state;) {
    if (Date.now() > deadline) throw new Error(`${recipient} is ${seen}, not ${state}`);
    const answer = await fetch(`${url}/v1/recipients/${encodeURIComponent(recipient)}`);
    seen = ((await answer.json()) as { state: string }).state;
    if (seen !== state) await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

export const hoursAgo = (hours: number): Date => new Date(Date.now() - hours * 3_600_000);
