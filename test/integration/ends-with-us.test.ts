/** A bench that is interrupted leaves no server behind, and no folder. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { until } from './kafka/support.ts';

const HOLD = fileURLToPath(new URL('../support/servers/hold-servers.ts', import.meta.url));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'desist-held-'));
  // Postgres runs as a user of its own where tests run as root.
  chmodSync(folder, 0o755);
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Processes that work in the folder: it stands in their arguments. */
const working = (): readonly string[] =>
  execFileSync('ps', ['-eo', 'args'])
    .toString()
    .split('\n')
    .filter((line) => line.includes(folder));

async function hold(...what: readonly string[]): Promise<{ readonly ended: Promise<unknown>; kill(signal: NodeJS.Signals): void }> {
  const flags = ['--conditions=source', '--disable-warning=ExperimentalWarning', HOLD];
  const child = spawn(process.execPath, [...flags, ...what], {
    env: { ...process.env, TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'ignore'],
    // A process group of its own: the signal reaches it alone, as `kill` would send it.
    detached: true,
  });
  const ended = once(child, 'exit').then(([code, signal]) => (code as number | null) ?? (signal as string));
  const [ready] = (await Promise.race([once(child.stdout, 'data'), ended])) as [Buffer];
  expect(String(ready)).toBe('ready\n');
  return { ended, kill: (signal) => void child.kill(signal) };
}

describe.skipIf(inject('databaseUrl') === undefined)('a process that started servers', () => {
  it('ends them with itself at Ctrl-C, Postgres and Kafka, and removes their folders', async () => {
    const { ended, kill } = await hold('postgres', 'kafka');
    expect(working().some((line) => line.includes('kafka.Kafka'))).toBe(true);
    expect(working().some((line) => line.includes('postgres'))).toBe(true);
    kill('SIGINT');
    expect(await ended).toBe('SIGINT');
    await until(() => working().length === 0, 'all of them are gone');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('ends them when it fails', async () => {
    const { ended } = await hold('postgres', 'fail');
    expect(await ended).toBe(1);
    await until(() => working().length === 0, 'Postgres is gone');
    expect(readdirSync(folder)).toEqual([]);
  });
});
