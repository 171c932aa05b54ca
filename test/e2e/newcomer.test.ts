/** A fresh clone, and only the README's command: what a stranger types works, and shows him what it says it shows. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../support/free-port.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MINUTE = 60_000;

/** The first block of code below a heading of the README. */
function commandOf(heading: string): string {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  const below = readme.slice(readme.indexOf(`## ${heading}`));
  return /```\n([\s\S]*?)```/.exec(below)?.[1]?.trim() ?? '';
}

describe('a newcomer', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'desist-newcomer-'));
    // What is committed, and what is about to be: an untracked file that something needs would be missing here.
    execFileSync('git', ['clone', '--quiet', '--no-hardlinks', ROOT, folder]);
    const changes = execFileSync('git', ['diff', 'HEAD', '--binary'], { cwd: ROOT, maxBuffer: 1 << 28 });
    if (changes.length > 0) execFileSync('git', ['apply'], { cwd: folder, input: changes });
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it(
    'sees the list, an explanation and a running service after one command',
    async () => {
      const command = commandOf('Try it');
      expect(command).toBe('npm ci && npm run demo');
      const port = await freePort();
      const env = { PATH: outside(process.env['PATH'] ?? ''), HOME: process.env['HOME'] ?? folder, DESIST_HTTP: `127.0.0.1:${port}` };
      const child = spawn('bash', ['-c', command], { cwd: folder, env, detached: true });
      let said = '';
      const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
      const serving = new Promise<void>((resolve, reject) => {
        const hear = (chunk: Buffer): void => {
          said += chunk.toString();
          if (said.includes('It keeps serving at')) resolve();
        };
        child.stdout.on('data', hear);
        child.stderr.on('data', hear);
        void ended.then((code) => {
          reject(new Error(`it ended with ${String(code)}:\n${said}`));
        });
      });
      try {
        await serving;
        for (const reason of ['persistent_deferral', 'hard_bounce', 'complaint']) expect(said).toContain(reason);
        expect(said).toMatch(/\$ desist why full\.one@gmail\.com/);
        const answer = await fetch(`http://127.0.0.1:${port}/v1/check`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ tenant: 'demo', recipients: ['full.one@gmail.com', 'throttled1@outlook.com', 'never.seen@example.com'] }),
        });
        const { results } = (await answer.json()) as { results: readonly { allowed: boolean }[] };
        expect(results.map(({ allowed }) => allowed)).toEqual([false, true, true]);
      } finally {
        // The whole group: Ctrl-C in a terminal reaches them all.
        process.kill(-(child.pid as number), 'SIGINT');
        await ended;
      }
    },
    8 * MINUTE,
  );
});

/** The path as it is outside of npm scripts: a newcomer has no `node_modules/.bin` on it. */
function outside(path: string): string {
  return path
    .split(':')
    .filter((part) => !part.includes('node_modules'))
    .join(':');
}
