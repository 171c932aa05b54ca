/** A disk that can be filled: a file system in memory with a bound. Only root may mount one. */
import { execFile } from 'node:child_process';
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, rmSync, rmdirSync, writeSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { endsWithUs } from './ends-with-us.ts';

const run = promisify(execFile);

export interface SmallDisk {
  readonly folder: string;
  /** Nothing more fits. */
  fill(): void;
  /** As before. */
  free(): void;
  unmount(): void;
}

/** Null when this user may not mount. */
export async function mountSmallDisk(mebibytes: number): Promise<SmallDisk | null> {
  const folder = await mkdtemp(join(tmpdir(), 'desist-disk-'));
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${String(mebibytes)}m`, 'tmpfs', folder]);
  } catch {
    rmdirSync(folder);
    return null;
  }
  const ballast = join(folder, 'ballast');
  function unmount(): void {
    ended();
    // Lazily: what ends at the same time may still have files open.
    spawnSync('umount', ['-l', folder]);
    rmdirSync(folder);
  }
  const ended = endsWithUs(unmount);
  return {
    folder,
    fill() {
      const file = openSync(ballast, 'a');
      for (let size = 1024 * 1024; size >= 4096;) {
        try {
          writeSync(file, Buffer.alloc(size));
        } catch {
          size /= 2;
        }
      }
      closeSync(file);
    },
    free: () => {
      rmSync(ballast, { force: true });
    },
    unmount,
  };
}
