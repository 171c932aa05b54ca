/** Who may open a folder, tried with real processes: only they can be killed. */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { lockFolder, networkMount } from './folder-lock.ts';

const ROUNDS = 30;
/** Locks and unlocks the folder when told to, and says what came of it. */
const PROGRAM = `
  import { lockFolder } from ${JSON.stringify(new URL('./folder-lock.ts', import.meta.url).href)};
  let unlock;
  process.on('message', ({ lock }) => {
    if (lock === undefined) { unlock?.(); unlock = undefined; return process.send('unlocked'); }
    try { unlock = lockFolder(lock); process.send('locked'); } catch (error) { process.send(error.message); }
  });
  process.send('up');
`;

describe('the lock of an embedded database’s folder', () => {
  let folder: string;
  let program: string;
  const children: ChildProcess[] = [];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'desist-lock-'));
    program = join(folder, 'program.mjs');
    writeFileSync(program, PROGRAM);
  });
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  async function start(): Promise<ChildProcess> {
    const child = fork(program, { execArgv: ['--conditions=source', '--disable-warning=ExperimentalWarning'] });
    children.push(child);
    await once(child, 'message');
    return child;
  }
  async function ask(child: ChildProcess, lock?: string): Promise<string> {
    const answer = once(child, 'message');
    child.send({ lock });
    return String((await answer)[0]);
  }

  test('ends when its holder is killed; until then a second process is told who holds it', async () => {
    const holder = await start();
    expect(await ask(holder, folder)).toBe('locked');
    expect(() => lockFolder(folder)).toThrow(new RegExp(`in use by process ${String(holder.pid)} on `));
    const gone = once(holder, 'exit');
    holder.kill('SIGKILL');
    await gone;
    lockFolder(folder)();
  });

  test('is not held by the leftovers of a process with our id, or of one on another host', () => {
    for (const left of [{ pid: process.pid, host: 'here' }, { pid: 1, host: 'elsewhere' }, 'not even JSON']) {
      writeFileSync(join(folder, 'lock'), typeof left === 'string' ? left : JSON.stringify({ ...left, since: '2026-03-01T00:00:00.000Z' }));
      lockFolder(folder)();
    }
  });

  test(`of two starts at the same moment one wins, in ${ROUNDS} rounds`, async () => {
    const both = await Promise.all([start(), start()]);
    for (let round = 0; round < ROUNDS; round += 1) {
      const answers = await Promise.all(both.map((child) => ask(child, folder)));
      expect(
        answers.filter((answer) => answer === 'locked'),
        answers.join(' | '),
      ).toHaveLength(1);
      expect(answers.find((answer) => answer !== 'locked')).toContain('is in use by');
      await Promise.all(both.map((child) => ask(child)));
    }
  });

  test('is held within one process, too', () => {
    const unlock = lockFolder(folder);
    expect(() => lockFolder(folder)).toThrow(`in use by process ${String(process.pid)}`);
    unlock();
    lockFolder(folder)();
  });

  test.each([
    ['NFS', 0x6969],
    ['CIFS', 0xff534d42],
    ['CIFS', 0xff534d42 - 2 ** 32],
    [undefined, 0xef53],
    [undefined, 0x794c7630],
  ])('%s is what a file system of type %d is to it', (name, type) => {
    expect(networkMount(type)).toBe(name);
  });
});
