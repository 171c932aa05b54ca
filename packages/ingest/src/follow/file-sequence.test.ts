/** A follower that starts while its log is being rotated. */
import { mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openPlain } from './log-file.ts';
import { entryOf } from './rotations.ts';
import { rotatedFile } from './file-sequence.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'desist-sequence-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('finds the current file if it is renamed during the search', async () => {
  const base = join(folder, 'mail.log');
  const OLDER = 30;
  for (let counter = 1; counter <= OLDER; counter += 1)
    await writeFile(`${base}.${counter + 2}`, `older ${counter}, and as long as the rest\n`);
  await writeFile(`${base}.1`, 'what was read\nwhat was not\n');
  await writeFile(base, '');
  const entry = await entryOf(`${base}.1`);
  if (entry === undefined) throw new Error('no file');
  const file = await openPlain(entry, 0, { bytes: 0, hash: '' });
  await file?.read();
  const current = { name: 'mail.log.1', inode: entry.inode, position: 14, fingerprint: file?.fingerprint() ?? { bytes: 0, hash: '' } };
  await file?.close();
  const state = { version: 1 as const, path: base, current, known: [entry.inode], done: [], reader: null };

  for (let steps = 0; steps < 150; steps += 1) {
    const resuming = rotatedFile(base).resume(state, 'start');
    for (let step = 0; step < steps; step += 1) await stat(base);
    const [from, to] = steps % 2 === 0 ? ['1', '2'] : ['2', '1'];
    await rename(`${base}.${from}`, `${base}.${to}`);
    const resumed = await resuming;
    await resumed?.file.close();
    // Undefined: the caller must try again.
    if (resumed !== undefined) expect({ gap: resumed.gap, inode: resumed.file.entry.inode }).toEqual({ gap: null, inode: entry.inode });
  }
});
