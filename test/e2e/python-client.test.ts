/** A Python client generated from `/openapi.json` of a running service: no operation that a program needs is left out of it, and it runs. */
import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { cp, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { startService } from './desist.ts';

const run = promisify(execFile);
const HERE = fileURLToPath(new URL('python/', import.meta.url));
const REQUIREMENTS = join(HERE, 'requirements.txt');
const hasPython = isThere();

/** `ensurepip` comes with Debian's python3-venv. */
function isThere(): boolean {
  try {
    execFileSync('python3', ['-c', 'import ensurepip, venv'], { stdio: 'ignore' });
    return true;
  } catch {
    if (process.env['DESIST_REQUIRE_SERVERS'] === '1') throw new Error('no Python: apt-get install python3-venv');
    console.warn('\n*** No Python with venv: the test of the Python client is SKIPPED. apt-get install python3-venv ***\n');
    return false;
  }
}

/** The generator, in an environment that is made once for these requirements. */
async function environment(): Promise<string> {
  const name = `python-${createHash('sha256').update(readFileSync(REQUIREMENTS)).digest('hex').slice(0, 12)}`;
  const place = join(homedir(), '.cache/desist', name);
  if (existsSync(join(place, 'made'))) return place;
  await rm(place, { recursive: true, force: true });
  await run('python3', ['-m', 'venv', place]);
  await run(join(place, 'bin/pip'), ['install', '--quiet', '--disable-pip-version-check', '-r', REQUIREMENTS]);
  // What it is made of is there: an interrupted one is made anew.
  await cp(REQUIREMENTS, join(place, 'making'));
  await rename(join(place, 'making'), join(place, 'made'));
  return place;
}

/** Texts that the generator has no type for. */
const TEXTS = ['GET /metrics', 'POST /v1/events', 'POST /v1/events'];

describe.skipIf(!hasPython)('a generated Python client', () => {
  test('sends, checks, lists, explains, releases and reads the feed', { timeout: 600_000 }, async () => {
    const place = await environment();
    const folder = await mkdtemp(join(tmpdir(), 'desist-python-'));
    const service = await startService({ DESIST_DATA: join(folder, 'data') });
    try {
      const bin = join(place, 'bin');
      const env = { ...process.env, PATH: `${bin}:${process.env['PATH'] ?? ''}` };
      const made = await run(
        join(bin, 'openapi-python-client'),
        ['generate', '--url', `${service.url}/openapi.json`, '--output-path', join(folder, 'desist_client'), '--meta', 'none'],
        { env, maxBuffer: 1 << 26 },
      );
      const leftOut = [...`${made.stdout}${made.stderr}`.matchAll(/WARNING parsing ([A-Z]+ \S+)/g)].map(([, operation]) => operation);
      expect(leftOut).toEqual(TEXTS);
      await cp(join(HERE, 'program.py'), join(folder, 'program.py'));
      const { stdout } = await run(join(bin, 'python'), [join(folder, 'program.py'), service.url], { env });
      expect(JSON.parse(stdout)).toEqual({
        accepted: 1,
        listed: ['hard_bounce'],
        history: ['suppressed'],
        feed: ['suppressed'],
        released: 1,
        allowed: [true, true],
        summary: [],
        why: 'healthy',
      });
    } finally {
      await service.stop();
      await rm(folder, { recursive: true, force: true });
    }
  });
});
