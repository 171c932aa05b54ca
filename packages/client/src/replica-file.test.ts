import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { loadReplica, saveReplica } from './replica-file.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'desist-replica-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const HEADER = { desistReplica: 1, topic: 'suppressions', savedAt: Date.now(), positions: { 0: 7 }, latest: { 0: 5 }, size: 1 } as const;
const ENTRIES = [['acme/a@example.com', '1']] as const;

it('what is saved is loaded', async () => {
  const file = join(folder, 'replica');
  await saveReplica(file, HEADER, ENTRIES);
  const loaded = await loadReplica(file, 'suppressions', 0);
  expect(loaded?.positions).toEqual(new Map([[0, 7]]));
  expect(loaded?.table.entries()).toEqual(ENTRIES);
});

it('a link in the place of the temporary file is replaced, and what it leads to is left alone', async () => {
  const file = join(folder, 'replica');
  const victim = join(folder, 'victim');
  await writeFile(victim, 'mine');
  await symlink(victim, `${file}.${process.pid}.new`);
  await saveReplica(file, HEADER, ENTRIES);
  expect(await readFile(victim, 'utf8')).toBe('mine');
  expect(await loadReplica(file, 'suppressions', 0)).toBeDefined();
});
