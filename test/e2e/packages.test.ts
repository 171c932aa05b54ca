/** What is published: each tarball is installed into an empty folder, where nothing of the workspace can be found, and works there. */
import { execFile, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const run = promisify(execFile);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'desist-packages-'));
  execFileSync(process.execPath, ['scripts/pack.js', folder], { cwd: ROOT });
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** An empty folder into which one tarball is installed, by its name before the version. */
async function installed(name: string): Promise<string> {
  const tarball = readdirSync(folder).find((file) => new RegExp(`^${name}-\\d.*\\.tgz$`).test(file)) ?? '';
  const where = join(folder, `in-${name}`);
  mkdirSync(where);
  writeFileSync(join(where, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  await run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--prefer-offline', join(folder, tarball)], { cwd: where });
  return where;
}

/** The program of a package's README. */
const programOf = (name: string): string =>
  /```js\n([\s\S]*?)```/.exec(readFileSync(join(ROOT, 'packages', name, 'README.md'), 'utf8'))?.[1] ?? '';

async function ran(where: string, name: string): Promise<string> {
  writeFileSync(join(where, 'program.js'), programOf(name));
  const env = { PATH: process.env['PATH'], DESIST_URL: 'http://127.0.0.1:9' };
  return (await run(process.execPath, ['program.js'], { cwd: where, env })).stdout;
}

describe('a tarball, installed', () => {
  it('@desist/verdicts runs the program of its README, and has its types', async () => {
    const where = await installed('desist-verdicts');
    expect(await ran(where, 'verdicts')).toContain('user_unknown: recipient, permanent, a hard bounce\n');
    expect(readFileSync(join(where, 'node_modules/@desist/verdicts/dist/index.d.ts'), 'utf8')).toContain('answerReply');
  });

  it('@desist/formats', async () => {
    const event = JSON.parse(await ran(await installed('desist-formats'), 'formats')) as unknown;
    expect(event).toMatchObject({ type: 'bounced', recipient: 'alice@example.com', smtp: { text: '550 5.1.1 no such user' } });
  });

  it('@desist/client, which says no while the service is away', async () => {
    expect(await ran(await installed('desist-client'), 'client')).toContain('alice@example.com do not send: unavailable');
  });

  it('desist replays a file, and serves with its database, schemas and console', async () => {
    const where = await installed('desist');
    const bin = join(where, 'node_modules/.bin/desist');
    const event = {
      version: 1,
      recipient: 'a@example.com',
      type: 'bounced',
      occurredAt: '2026-03-01T10:00:00.000Z',
      smtp: { code: 550, text: '550 5.1.1 no such user' },
    };
    writeFileSync(join(where, 'events.ndjson'), `${JSON.stringify(event)}\n`);
    const env = { PATH: process.env['PATH'], HOME: where, DESIST_HTTP: '127.0.0.1:0' };
    // The tests' own Node, whichever the path has.
    const desist = async (...args: readonly string[]): Promise<string> =>
      (await run(process.execPath, [bin, ...args], { cwd: where, env })).stdout;
    expect(await desist('replay', 'events.ndjson')).toMatch(/a@example\.com +hard_bounce/);
    expect(await desist('init')).toContain('sources.yaml was written');
    expect(await desist('policy', 'check', 'policy.yaml')).not.toBe('');

    const service = spawn(process.execPath, [bin, 'start'], { cwd: where, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    const ended = new Promise((resolve) => service.once('close', resolve));
    const url = await new Promise<string>((resolve, reject) => {
      const hear = (chunk: Buffer): void => {
        said += chunk.toString();
        const found = /Desist is running at (http:\S+)/.exec(said)?.[1];
        if (found !== undefined) resolve(found);
      };
      service.stdout.on('data', hear);
      service.stderr.on('data', hear);
      void ended.then(() => reject(new Error(said)));
    });
    try {
      const posted = await fetch(`${url}/v1/events`, {
        method: 'POST',
        body: JSON.stringify([event]),
        headers: { 'content-type': 'application/json' },
      });
      expect(posted.status).toBe(202);
      expect(await (await fetch(`${url}/ui/`)).text()).toContain('<!doctype html>');
      expect(((await (await fetch(`${url}/openapi.json`)).json()) as { openapi: string }).openapi).toBe('3.1.0');
    } finally {
      service.kill('SIGTERM');
      expect(await ended).toBe(0);
    }
  });
});
