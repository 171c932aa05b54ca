/** One file of a log, read forward: as it is while it grows, or a zstd segment undone of its compression. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import type { Link } from './chain.ts';
import { zstdContent } from './frames.ts';

/** The first bytes of a file, as far as they were read: a truncated file that has grown again is another one. */
export interface Fingerprint {
  readonly bytes: number;
  readonly hash: string;
}

export interface Tape {
  readonly link: Link;
  /** The next bytes; `end`: there are none at the moment; `replaced`: it holds another log now, or a shorter one. */
  read(): Promise<Buffer | 'end' | 'replaced'>;
  /** Of a file that is as complete as its own content tells; a file that may still grow never is. */
  complete(): boolean;
  fingerprint(): Fingerprint;
  close(): Promise<void>;
}

export const NO_FINGERPRINT: Fingerprint = { bytes: 0, hash: '' };
const FINGERPRINT_BYTES = 1024;
const CHUNK = 256 * 1024;
/** Logs grow to ten times as much. */
const COMPRESSED_CHUNK = 64 * 1024;
const ZSTD_MAGIC = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);

export async function isZstd(path: string): Promise<boolean> {
  return (await headOf(path, ZSTD_MAGIC.length)).equals(ZSTD_MAGIC);
}

/** Does the file begin with what the fingerprint was taken of? */
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

/** A rotation takes files away between two looks. */
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

/** Undefined: another file stands at that path by now. */
export async function openPlain(link: Link, start: number, known: Fingerprint): Promise<Tape | undefined> {
  const opened = await open(link.path).catch(missing);
  if (opened === undefined) return undefined;
  const handle: FileHandle = opened;
  if ((await handle.stat()).ino !== link.inode) {
    await handle.close();
    return undefined;
  }
  let at = start;
  let fingerprint = known;
  /** For good: what grows there now may look right again. */
  let replaced = false;

  /** Looked at behind each read: what was there when the bytes were read is there still. Grows with what was read. */
  async function isSame(): Promise<boolean> {
    const head = await readAt(handle, 0, FINGERPRINT_BYTES);
    if (head.length < fingerprint.bytes || hashOf(head.subarray(0, fingerprint.bytes)) !== fingerprint.hash) return false;
    const bytes = Math.min(FINGERPRINT_BYTES, at, head.length);
    if (bytes > fingerprint.bytes) fingerprint = { bytes, hash: hashOf(head.subarray(0, bytes)) };
    return true;
  }

  return {
    link,
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
    fingerprint: () => fingerprint,
    close: () => handle.close(),
  };
}

/** `start`: bytes of the content, not of the file. A frame that is cut off is read again from its start once the file has changed. */
export function openZstd(link: Link, start: number): Tape {
  let at = start;
  let complete = false;
  let reading: Reading | null = begin(link.path, at);
  let changedAt: number | undefined;

  async function grown(): Promise<boolean> {
    const { mtimeMs } = await stat(link.path).catch(() => ({ mtimeMs: changedAt }));
    const before = changedAt;
    changedAt = mtimeMs;
    return mtimeMs !== before;
  }

  return {
    link,
    async read() {
      if (reading === null) {
        if (complete || !(await grown())) return 'end';
        reading = begin(link.path, at);
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
    fingerprint: () => NO_FINGERPRINT,
    async close() {
      reading?.close();
    },
  };
}

interface Reading {
  /** `cut`: in the middle of a frame: it is being written, or its writer died. */
  next(): Promise<Buffer | 'complete' | 'cut'>;
  close(): void;
}

function begin(path: string, start: number): Reading {
  const file = createReadStream(path, { highWaterMark: COMPRESSED_CHUNK });
  const content = zstdContent(file as AsyncIterable<Buffer>);
  let skip = start;
  return {
    async next() {
      for (;;) {
        const next = await content.next();
        if (next.done === true) return next.value;
        const wanted = next.value.subarray(Math.min(skip, next.value.length));
        skip -= next.value.length - wanted.length;
        if (wanted.length > 0) return wanted;
      }
    },
    close: () => void file.destroy(),
  };
}
