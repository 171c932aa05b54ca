/** Reads files that somebody names in a setting or a flag: of a large one, or of a device that never ends, no more than the bound. */
import { closeSync, openSync, readSync } from 'node:fs';

/** Configuration: policy, sources, certificates. bytes */
export const CONFIGURATION_LIMIT = 512 * 1024;
/** Keys and passwords. bytes */
export const SECRET_LIMIT = 64 * 1024;

/** The file is larger than what is read of its kind. */
export class FileTooLargeError extends Error {
  readonly code = 'EFBIG';

  constructor(limit: number) {
    super(`is larger than ${limit / 1024} KiB, the most that is read here: is it the right file?`);
    this.name = 'FileTooLargeError';
  }
}

/** @throws FileTooLargeError if there is more; errors of the file system */
export function readBounded(path: string, limit: number): Buffer {
  const file = openSync(path, 'r');
  try {
    // No size is asked for: pipes and mounted secrets have none.
    const chunks: Buffer[] = [];
    for (let length = 0; ;) {
      const chunk = Buffer.allocUnsafe(64 * 1024);
      const read = readSync(file, chunk);
      if (read === 0) return Buffer.concat(chunks, length);
      length += read;
      if (length > limit) throw new FileTooLargeError(limit);
      chunks.push(chunk.subarray(0, read));
    }
  } finally {
    closeSync(file);
  }
}

/** Why a file was not read, as the end of a sentence that begins with its name. */
export function whyNotRead(error: unknown): string {
  if (error instanceof FileTooLargeError) return error.message;
  return `cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`;
}
