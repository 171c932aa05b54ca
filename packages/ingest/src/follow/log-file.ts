/** Reads one file of a log forward: a plain file that may still grow, or a compressed one, which is decompressed. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import type { FileEntry } from './rotations.ts';
import { compressionIn, contentOf, LONGEST_MAGIC } from '../decompress.ts';
import type { Compression } from '../decompress.ts';

/** Hash of the first bytes of a file, as far as they were read. Detects a file that was truncated and has grown again. */
export interface Fingerprint {
  readonly bytes: number;
  readonly hash: string;
}

export interface LogFile {
  readonly entry: FileEntry;
  /** The next bytes; `end`: there are none at the moment; `replaced`: the file now contains another log, or a shorter one. */
  read(): Promise<Buffer | 'end' | 'replaced'>;
  /** Whether the content shows that the file is complete. Always false for a file that may still grow. */
  complete(): boolean;
  /** Of a compressed file: why what was read to its end is not all of it. Undefined: nothing is missing. */
  damage(): string | undefined;
  fingerprint(): Fingerprint;
  close(): Promise<void>;
}

export const NO_FINGERPRINT: Fingerprint = { bytes: 0, hash: '' };
const FINGERPRINT_BYTES = 1024;
const CHUNK = 256 * 1024;
/** Decompressed logs are about ten times as large. */
const COMPRESSED_CHUNK = 64 * 1024;

/** Undefined: the file is not compressed, is empty, or does not exist. */
export async function compressionOf(path: string): Promise<Compression | undefined> {
  return compressionIn(await headOf(path, LONGEST_MAGIC));
}

/** Whether the first bytes of the file have this fingerprint. */
export async function matches(path: string, fingerprint: Fingerprint): Promise<boolean> {
  const head = await headOf(path, fingerprint.bytes);
  return head.length === fingerprint.bytes && hashOf(head) === fingerprint.hash;
}

async function headOf(path: string, bytes: number): Promise<Buffer> {
  const handle = await open(path).catch(missing);
  if (handle === undefined) return Buffer.alloc(0);
  try {
    return await readAt(handle, 0, bytes);
  } finally {
    await handle.close();
  }
}

/** Handles ENOENT: a rotation may remove a file between listing and opening it. Rethrows anything else. */
export function missing(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
  throw error;
}

async function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  const { bytesRead } = await handle.read(buffer, 0, length, position);
  return buffer.subarray(0, bytesRead);
}

function hashOf(bytes: Buffer): string {
  return bytes.length === 0 ? '' : createHash('sha256').update(bytes).digest('base64url');
}

/** Undefined: the path names another file by now. */
export async function openPlain(entry: FileEntry, start: number, known: Fingerprint): Promise<LogFile | undefined> {
  const opened = await open(entry.path).catch(missing);
  if (opened === undefined) return undefined;
  const handle: FileHandle = opened;
  if ((await handle.stat()).ino !== entry.inode) {
    await handle.close();
    return undefined;
  }
  let at = start;
  let fingerprint = known;
  /** Once true it stays true, because the new content may match again later. */
  let replaced = false;

  /** Checked after each read: the first bytes are still those of the file that was read. Extends the fingerprint with what was read. */
  async function isSame(): Promise<boolean> {
    const head = await readAt(handle, 0, FINGERPRINT_BYTES);
    if (head.length < fingerprint.bytes || hashOf(head.subarray(0, fingerprint.bytes)) !== fingerprint.hash) return false;
    const bytes = Math.min(FINGERPRINT_BYTES, at, head.length);
    if (bytes > fingerprint.bytes) fingerprint = { bytes, hash: hashOf(head.subarray(0, bytes)) };
    return true;
  }

  return {
    entry,
    async read() {
      if (replaced) return 'replaced';
      const chunk = await readAt(handle, at, CHUNK);
      at += chunk.length;
      const { size } = await handle.stat();
      replaced = size < at || !(await isSame());
      if (replaced) return 'replaced';
      return chunk.length === 0 ? 'end' : chunk;
    },
    complete: () => false,
    damage: () => undefined,
    fingerprint: () => fingerprint,
    close: () => handle.close(),
  };
}

/** `start`: offset in the decompressed content. What ends early is read again from there when the file has changed. */
export function openCompressed(entry: FileEntry, start: number, compression: Compression): LogFile {
  let at = start;
  let complete = false;
  let reading: Reading | null = openReading(entry.path, at, compression);
  let changedAt: number | undefined;

  async function grown(): Promise<boolean> {
    const { mtimeMs } = await stat(entry.path).catch(() => ({ mtimeMs: changedAt }));
    const before = changedAt;
    changedAt = mtimeMs;
    return mtimeMs !== before;
  }

  return {
    entry,
    async read() {
      if (reading === null) {
        if (complete || !(await grown())) return 'end';
        reading = openReading(entry.path, at, compression);
      }
      const chunk = await reading.next();
      if (chunk instanceof Buffer) {
        at += chunk.length;
        return chunk;
      }
      complete = chunk === 'complete';
      reading.close();
      reading = null;
      return 'end';
    },
    complete: () => complete,
    damage: () => (complete || reading !== null || compression === 'zstd' ? undefined : `cut off or damaged (${compression})`),
    fingerprint: () => NO_FINGERPRINT,
    async close() {
      reading?.close();
    },
  };
}

interface Reading {
  /** `cut`: the file ends inside a frame, which is being written or whose writer died. */
  next(): Promise<Buffer | 'complete' | 'cut'>;
  close(): void;
}

function openReading(path: string, start: number, compression: Compression): Reading {
  const file = createReadStream(path, { highWaterMark: COMPRESSED_CHUNK });
  const content = contentOf(compression, file as AsyncIterable<Buffer>);
  let toSkip = start;
  return {
    async next() {
      for (;;) {
        const next = await content.next();
        if (next.done === true) return next.value;
        const wanted = next.value.subarray(Math.min(toSkip, next.value.length));
        toSkip -= next.value.length - wanted.length;
        if (wanted.length > 0) return wanted;
      }
    },
    close: () => void file.destroy(),
  };
}
