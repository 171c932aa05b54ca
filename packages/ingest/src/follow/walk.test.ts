/** A follower that starts while its log is being rotated. */
import { mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openPlain } from './tape.ts';
import { linkOf } from './chain.ts';
import { fileWalk } from './walk.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'desist-walk-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('finds the file that it read when that is given another name while it is looked for', async () => {
  const base = join(folder, 'mail.log');
  const OLDER = 30;
  for (let counter = 1; counter <= OLDER; counter += 1)
    await writeFile(`${base}.${counter + 2}`, `older ${counter}, and as long as the rest\n`);
  await writeFile(`${base}.1`, 'what was read\nwhat was not\n');
  await writeFile(base, '');
  const link = await linkOf(`${base}.1`);
  if (link === undefined) throw new Error('no file');
  const tape = await openPlain(link, 0, { bytes: 0, hash: '' });
  await tape?.read();
  const current = { name: 'mail.log.1', inode: link.inode, position: 14, fingerprint: tape?.fingerprint() ?? { bytes: 0, hash: '' } };
  await tape?.close();
  const state = { version: 1 as const, path: base, current, known: [link.inode], done: [], reader: null };

  for (let steps = 0; steps < 150; steps += 1) {
    const resumed = fileWalk(base).resume(state, 'start');
    for (let step = 0; step < steps; step += 1) await stat(base);
    const [from, to] = steps % 2 === 0 ? ['1', '2'] : ['2', '1'];
    await rename(`${base}.${from}`, `${base}.${to}`);
    const begun = await resumed;
    await begun?.tape.close();
    // Undefined: to be asked again.
    if (begun !== undefined) expect({ gap: begun.gap, inode: begun.tape.link.inode }).toEqual({ gap: null, inode: link.inode });
  }
});
